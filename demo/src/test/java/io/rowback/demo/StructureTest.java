package io.rowback.demo;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The arrows between modules, the one package of each foreign library, and the names that say nothing. */
class StructureTest {
    private static JavaClasses rowback;

    @BeforeAll
    static void importAll() {
        rowback = new ClassFileImporter()
                .withImportOption(location -> !location.contains("/test-classes/") && !location.contains("-tests.jar"))
                .importPackages("io.rowback");
    }

    @Test
    void modulesSeeOnlyWhatTheyMay() {
        ArchRule arrows = layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("io.rowback..")
                .layer("history")
                .definedBy("io.rowback.history..")
                .layer("postgres")
                .definedBy("io.rowback.postgres..")
                .layer("daemon")
                .definedBy("io.rowback.daemon..")
                .layer("restore-tool")
                .definedBy("io.rowback.restore..")
                .layer("testbed")
                .definedBy("io.rowback.testbed..")
                .layer("demo")
                .definedBy("io.rowback.demo..")
                .whereLayer("history")
                .mayNotAccessAnyLayer()
                .whereLayer("testbed")
                .mayNotAccessAnyLayer()
                .whereLayer("postgres")
                .mayOnlyAccessLayers("history")
                .whereLayer("daemon")
                .mayOnlyAccessLayers("postgres", "history")
                .whereLayer("restore-tool")
                .mayOnlyAccessLayers("postgres", "history");
        arrows.check(rowback);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "org.rocksdb..                  | io.rowback.history.store..",
                "io.debezium..                  | io.rowback.daemon.capture..",
                "org.apache.kafka..             | io.rowback.daemon.capture..",
                "org.postgresql.replication..   | io.rowback.daemon.capture..",
                "io.micrometer..                | io.rowback.daemon.http..",
                "com.sun.net.httpserver..       | io.rowback.daemon.http..",
                "org.newsclub..                 | io.rowback.daemon.systemd..",
                "ch.qos.logback..               | io.rowback.daemon.log..",
            })
    void foreignLibraryStaysInOnePackage(String library, String home) {
        noClasses()
                .that()
                .resideInAPackage("io.rowback..")
                .and()
                .resideOutsideOfPackage(home)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .allowEmptyShould(true)
                .check(rowback);
    }

    @Test
    void commandLineStaysInCommandPackages() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.rowback.daemon", "io.rowback.restore", "io.rowback.demo")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli..")
                .check(rowback);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("io.rowback.(**)").should().beFreeOfCycles().check(rowback);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Util", "Utils", "Helper", "Manager", "Impl", "Service", "Processor"})
    void classNamesSayWhatTheClassIs(String suffix) {
        classes().should().haveSimpleNameNotEndingWith(suffix).check(rowback);
    }
}
