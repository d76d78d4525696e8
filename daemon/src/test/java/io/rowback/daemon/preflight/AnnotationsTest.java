package io.rowback.daemon.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnnotationsTest {
    @Test
    void scriptsAreFoundWhereAPackageAndWhereAnArchiveHasThem(@TempDir Path folder) throws IOException {
        Path inArchive = folder.resolve("archive/share/annotate.sql");
        Path inPackage = folder.resolve("usr/share/rowback/annotate.sql");
        for (Path script : new Path[] {inArchive, inPackage}) {
            Files.createDirectories(script.resolveSibling("bin"));
            Files.createFile(script);
        }

        assertThat(installed(folder.resolve("archive").toString())).isEqualTo(inArchive);
        assertThat(installed(folder.resolve("usr/share/rowback").toString())).isEqualTo(inPackage);
        // Started otherwise than by a launcher, nothing tells where the scripts are.
        assertThat(Annotations.installed(null, "annotate.sql")).isEqualTo(Path.of("share/annotate.sql"));
    }

    private static Path installed(String home) {
        return Annotations.installed(home, "annotate.sql");
    }
}
