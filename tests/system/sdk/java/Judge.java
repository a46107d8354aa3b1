// Descope's Java SDK: reads commands about files from the input, and prints the SDK's answer to each, one per line.
//
// The commands and answers are in ../run. $BASE_URL and $PROJECT_ID name the API.

import com.descope.client.Config;
import com.descope.client.DescopeClient;
import com.descope.exception.DescopeException;
import com.descope.model.jwt.Token;
import com.descope.sdk.auth.AuthenticationService;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;

class Judge {
    public static void main(String[] args) throws DescopeException, IOException {
        var config = Config.builder()
                .projectId(System.getenv("PROJECT_ID"))
                .descopeBaseUrl(System.getenv("BASE_URL"))
                .build();
        var sdk = new DescopeClient(config).getAuthenticationServices().getAuthService();
        var input = new BufferedReader(new InputStreamReader(System.in));
        for (var line = input.readLine(); line != null; line = input.readLine()) {
            var words = line.split(" ", 2);
            try {
                var token = answer(sdk, words[0], Path.of(words[1]));
                System.out.println("yes " + token.getId() + " " + token.getExpiration() / 1000);
            } catch (DescopeException error) {
                System.out.println("no " + error.toString().lines().findFirst().orElse(""));
            }
        }
    }

    private static Token answer(AuthenticationService sdk, String command, Path path) throws DescopeException, IOException {
        var secret = Files.readString(path);
        switch (command) {
            case "exchange":
                return sdk.exchangeAccessKey(secret);
            case "refresh":
                var sessions = sdk.refreshSessionWithTokenAuthenticationInfo(secret);
                if (sessions.getRefreshToken() != null) {
                    Files.writeString(path, sessions.getRefreshToken().getJwt());
                }
                return sessions.getToken();
            case "validate":
                return sdk.validateSessionWithToken(secret);
            default:
                throw new IllegalArgumentException(command);
        }
    }
}
