package io.rowback.postgres;

import io.rowback.history.TableName;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names as SQL writes them: quoted exactly where Postgres' {@code quote_ident} quotes. No name can break out. */
public final class Identifiers {
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    /** The key words of PostgreSQL 18 that are not unreserved, which no earlier version adds to. */
    static final Set<String> KEYWORDS = Set.of("""
            all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast \
            char character check coalesce collate collation column concurrently constraint create cross current_catalog \
            current_date current_role current_schema current_time current_timestamp current_user dec decimal default \
            deferrable desc distinct do else end except exists extract false fetch float for foreign freeze from full grant \
            greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join \
            json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize \
            json_table json_value lateral leading least left like limit localtime localtimestamp merge_action national \
            natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay \
            placing position precision primary real references returning right row select session_user setof similar \
            smallint some substring symmetric system_user table tablesample then time timestamp to trailing treat trim true \
            union unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat \
            xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable""".split(" "));

    private Identifiers() {}

    /** The name, in double quotes where it needs them; hidden characters in it as escapes, {@code U&"..."}. */
    public static String quote(String name) {
        if (PLAIN.matcher(name).matches() && !KEYWORDS.contains(name)) {
            return name;
        }
        if (name.codePoints().noneMatch(PrintableText::isHidden)) {
            return "\"" + name.replace("\"", "\"\"") + "\"";
        }
        StringBuilder quoted = new StringBuilder("U&\"");
        name.codePoints().forEach(codePoint -> {
            if (codePoint == '\\' || codePoint == '"') {
                quoted.appendCodePoint(codePoint).appendCodePoint(codePoint);
            } else if (PrintableText.isHidden(codePoint)) {
                quoted.append("\\%04x".formatted(codePoint));
            } else {
                quoted.appendCodePoint(codePoint);
            }
        });
        return quoted.append('"').toString();
    }

    /** The table with its schema, always, since the search path of our sessions is empty. */
    public static String qualified(TableName table) {
        return quote(table.schema()) + "." + quote(table.name());
    }

    /** The names, quoted, with commas. */
    public static String list(List<String> names) {
        return names.stream().map(Identifiers::quote).collect(Collectors.joining(", "));
    }
}
