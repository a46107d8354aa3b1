#!/usr/bin/env bash
# com.descope:java-sdk 1.0.63 (Maven Central): `Token.getExpiration()` is in milliseconds, while `exp` in the same token's claims is in seconds.
#
# It is a bare `Long` without a unit in its name. Code that treats it as the `exp` of the JWT, which it is in the SDKs for Python and Node, is wrong
# by a factor of 1000 and never sees a token expire.
#
# Output:
#     exp: 1900000000
#     getExpiration: 1900000000000
#
# Needs javac, mvn, and Maven Central. Fails if the output is another one.

set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/pom.xml" <<'EOF'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId>
  <artifactId>expiration</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.descope</groupId>
      <artifactId>java-sdk</artifactId>
      <version>1.0.63</version>
    </dependency>
  </dependencies>
</project>
EOF
mvn --quiet --batch-mode --file "$work/pom.xml" -Dmaven.repo.local="$work/maven" \
    org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$work/jars" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }

cat >"$work/Expiration.java" <<'EOF'
import com.descope.client.Config;
import com.descope.client.DescopeClient;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.util.Arrays;
import java.util.Base64;

class Expiration {
    public static void main(String[] args) throws Exception {
        var project = "P2abcabcabcabcabcabcabcabcabc";
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        var pair = generator.generateKeyPair();
        var key = (RSAPublicKey) pair.getPublic();
        var keys = "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"key\",\"alg\":\"RS256\",\"use\":\"sig\",\"n\":\"" + text(key.getModulus().toByteArray())
                + "\",\"e\":\"" + text(key.getPublicExponent().toByteArray()) + "\"}]}";
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var body = keys.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();

        var message = text("{\"alg\":\"RS256\",\"kid\":\"key\",\"typ\":\"JWT\"}") + "."
                + text("{\"iss\":\"" + project + "\",\"sub\":\"U2abc\",\"iat\":1700000000,\"exp\":1900000000,\"drn\":\"DS\"}");
        var signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(pair.getPrivate());
        signature.update(message.getBytes(StandardCharsets.UTF_8));
        var url = "http://127.0.0.1:" + server.getAddress().getPort();
        var sdk = new DescopeClient(Config.builder().projectId(project).descopeBaseUrl(url).build());
        var token = sdk.getAuthenticationServices().getAuthService().validateSessionWithToken(message + "." + text(signature.sign()));
        System.out.println("exp: " + ((Number) token.getClaims().get("exp")).longValue());
        System.out.println("getExpiration: " + token.getExpiration());
        server.stop(0);
    }

    private static String text(String json) {
        return text(json.getBytes(StandardCharsets.UTF_8));
    }

    // Without the zero byte of the sign that Java puts before a large number.
    private static String text(byte[] bytes) {
        var unsigned = bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
        return Base64.getUrlEncoder().withoutPadding().encodeToString(unsigned);
    }
}
EOF
timeout 60 java -cp "$work/jars/*" "$work/Expiration.java" 2>/dev/null | tee "$work/output"
sed -n 's/^#     //p' "${BASH_SOURCE[0]}" | diff - "$work/output"
