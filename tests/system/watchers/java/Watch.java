import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;

/** Prints the end of each new token that an event of a WatchService leads to: Watch FOLDER FILE */
class Watch {
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path file = Path.of(arguments[1]);
        var service = folder.getFileSystem().newWatchService();
        folder.register(service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
        String last = Files.readString(file);
        System.out.println("watching");
        while (true) {
            var key = service.take();
            key.pollEvents();
            String token = Files.readString(file);
            if (!token.equals(last)) {
                last = token;
                System.out.println(token.substring(token.length() - 16));
            }
            key.reset();
        }
    }
}
