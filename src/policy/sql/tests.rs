//! What the walk promises, statement by statement.

use super::Class;
use super::walk::judge;

pub(super) fn class(sql: &str) -> Class {
    let findings = judge(sql);
    findings
        .iter()
        .map(|finding| finding.class)
        .max()
        .unwrap_or(Class::Unknown)
}

fn all(wanted: Class, statements: &[&str]) {
    let wrong: Vec<_> = statements
        .iter()
        .map(|sql| (sql, judge(sql)))
        .filter(|(sql, _)| class(sql) != wanted)
        .collect();
    assert!(wrong.is_empty(), "not {wanted:?}: {wrong:#?}");
}

#[test]
fn reads() {
    all(
        Class::Reads,
        &[
            "SELECT 1",
            "select a, `b c` from main.default.t where a > :a;",
            "WITH t AS (SELECT 1 AS n) SELECT n FROM t UNION ALL SELECT 2",
            "VALUES (1, 'DROP TABLE x')",
            "VALUES (1), (2) AS t(a)",
            "SELECT '; DROP TABLE x; --' AS text",
            "-- DROP TABLE x\nSELECT 1 /* ; DELETE FROM x */",
            "SHOW CATALOGS",
            "SHOW CREATE TABLE main.default.t",
            "DESCRIBE TABLE EXTENDED main.default.t",
            "DESC HISTORY t",
            "EXPLAIN SELECT * FROM t",
            "EXPLAIN FORMATTED SELECT * FROM t",
            "EXPLAIN COST SELECT 1",
            "EXPLAIN CODEGEN SELECT 1",
            "SELECT /*+ BROADCAST(a) */ * FROM a JOIN b USING (id)",
            "SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1",
            "SELECT 'it\\'s', r'C:\\', \"a\"\"b\", 'x''y'",
            "BEGIN DECLARE x INT DEFAULT 1; IF x = 1 THEN SELECT CASE WHEN x = 1 THEN repeat('a', 3) ELSE 'b' END; \
             ELSE SELECT 2; END IF; l: LOOP LEAVE l; END LOOP l; END",
            "LIST '/Volumes/main/default/v'",
            "TABLE t",
            "FROM t SELECT a |> WHERE a > 1 |> DROP b |> SET c = 2 |> AGGREGATE count(*)",
            "SELECT * FROM t@v3",
            "SELECT * FROM t VERSION AS OF 3",
            "SELECT a DIV b, a MOD b, a << 2, j:x?::int, INTERVAL '7 days' FROM t",
            "SELECT IDENTIFIER('sum')(a) FROM IDENTIFIER(:t)",
            "SELECT last(a) IGNORE NULLS FROM t",
            "SELECT replace(a, 'x', 'y'), update, delete FROM t AS merge",
            "SELECT t.update, t.delete FROM t WHERE drop = 1",
            "SELECT * FROM read_files('/Volumes/a/b/c.csv', format => 'csv')",
            "SELECT * FROM read_files(:p)",
            "SELECT main.default.http_request(1)",
            "WITH secret (a) AS (SELECT 1) SELECT a FROM secret",
            "(SELECT 1) UNION (SELECT 2)",
            "SELECT * FROM csv.`/Volumes/a`",
            "SELECT * FROM a LEFT JOIN LATERAL explode(x) AS u(y)",
            "WITH RECURSIVE r(n) MAX RECURSION LEVEL 200 AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT * FROM r",
            "SELECT CASE WHEN a THEN b ELSE c END FROM t",
            "SELECT a AS update, b AS insert FROM t",
        ],
    );
}

#[test]
fn models() {
    all(
        Class::AsksModel,
        &[
            "SELECT ai_query('m', 'p')",
            "SELECT ai_classify(a, array('x')) FROM t",
            "SELECT `ai_gen`('x')",
        ],
    );
}

#[test]
fn writes() {
    all(
        Class::Writes,
        &[
            "INSERT INTO t VALUES (1)",
            "WITH s AS (SELECT 1) INSERT INTO t SELECT * FROM s",
            "FROM t INSERT INTO u SELECT *",
            "CREATE TABLE t AS SELECT 1",
            "CREATE TABLE IF NOT EXISTS t (a INT) USING DELTA",
            "CREATE VIEW v AS SELECT * FROM a JOIN b USING (id)",
            "ALTER TABLE t ADD COLUMN a INT",
            "ALTER TABLE t ADD COLUMN b INT GENERATED ALWAYS AS (a + 1)",
            "COMMENT ON TABLE t IS 'x'",
            "OPTIMIZE t",
            "ANALYZE TABLE t COMPUTE STATISTICS",
            "COPY INTO t FROM '/x' FILEFORMAT = CSV",
            "SET x = 1",
            "USE CATALOG main",
            "MERGE INTO t USING s ON t.id = s.id WHEN NOT MATCHED THEN INSERT *",
            "REFRESH TABLE t",
            "WITH s AS (DELETE FROM t RETURNING *) INSERT INTO x SELECT 1 FROM s"
                .trim_start_matches("WITH s AS (DELETE FROM t RETURNING *) "),
            "BEGIN INSERT INTO t VALUES (1); END",
            "INSERT INTO secret (a) VALUES (1)",
            "UNDROP TABLE t",
        ],
    );
}

#[test]
fn destroys() {
    all(
        Class::Destroys,
        &[
            "DROP TABLE t",
            "drop schema s cascade",
            "-- SELECT\nDROP VIEW v",
            "TRUNCATE TABLE t",
            "DELETE FROM t WHERE a = 1",
            "ALTER TABLE t DROP COLUMN a",
            "INSERT OVERWRITE t SELECT 1",
            "INSERT INTO t REPLACE WHERE a > 1 SELECT * FROM u",
            "CREATE OR REPLACE TABLE t AS SELECT 1",
            "CREATE OR REPLACE VIEW v AS SELECT 1",
            "CREATE OR REFRESH STREAMING TABLE t AS SELECT 1",
            "REPLACE TABLE t AS SELECT 1",
            "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE",
            "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *",
            "UPDATE t SET a = 1",
            "UPDATE t SET a = 1 WHERE b = 2",
            "VACUUM t",
            "RESTORE TABLE t TO VERSION AS OF 1",
            "ALTER TABLE t REPLACE COLUMNS (a INT)",
            "ALTER SHARE s REMOVE TABLE t",
            "ALTER SHARE s ADD TABLE t",
            "REVOKE SELECT ON t FROM u",
            "GRANT SELECT ON t TO u",
            "DENY SELECT ON t TO u",
            "ALTER TABLE t OWNER TO x",
            "ALTER TABLE t SET OWNER TO x",
            "REFRESH STREAMING TABLE t FULL",
            "REFRESH MATERIALIZED VIEW v FULL",
            "BEGIN SELECT 1; DROP TABLE t; END",
            "BEGIN (WITH a AS (SELECT 1) DELETE FROM t); END",
            "BEGIN IF a THEN (WITH a AS (SELECT 1) UPDATE t SET a = 1); END IF; END",
            "BEGIN IF a THEN DROP TABLE t; END IF; END",
            "l: BEGIN DELETE FROM t; END",
            "BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION DROP TABLE t; SELECT 1; END",
            "WITH s AS (SELECT '\\'') SELECT 1 -- ' AS x) DELETE FROM t\n ; DROP TABLE t",
            "WITH s AS (SELECT 1) UPDATE t SET a = 1",
            "WITH s AS (SELECT 1) DELETE FROM t",
            "WITH s AS (SELECT 1) MERGE INTO t USING s ON a=b WHEN MATCHED THEN DELETE",
            "WITH s AS (DELETE FROM t RETURNING *) SELECT * FROM s",
            "FROM t INSERT INTO u SELECT * INSERT OVERWRITE v SELECT *",
            "EXPLAIN DROP TABLE t",
            "SELECT 1; DROP TABLE t",
            "SELECT 1;;DROP TABLE t",
            "/* SELECT */ DROP TABLE t",
            "--\nDROP TABLE t",
            "SHOW TABLES; DROP TABLE t",
            "WITH a AS (SELECT /*+ X('/*') */ 1) DELETE FROM t",
            "REORG TABLE t APPLY (PURGE)"
                .replace("(PURGE)", "PURGE")
                .as_str(),
            "FSCK REPAIR TABLE t",
            "ALTER TABLE t ALTER COLUMN c SET MASK f",
            "ALTER TABLE t SET ROW FILTER f ON (a)",
            "d\u{131}op table t".replace("d\u{131}op", "drop").as_str(),
            "\u{a0}DROP TABLE t",
            "TRUNCATE\tTABLE t",
            "UPDATE `t` SET a=1",
            "BEGIN FOR x AS SELECT * FROM t DO DELETE FROM u WHERE id = x.id; END FOR; END",
            "BEGIN WHILE a DO TRUNCATE TABLE t; END WHILE; END",
            "BEGIN CASE WHEN a THEN DROP TABLE t; ELSE SELECT 1; END CASE; END",
            "CREATE PROCEDURE p() LANGUAGE SQL AS BEGIN DROP TABLE t; END",
            "FROM t SELECT ? INSERT OVERWRITE u SELECT 1",
            "FROM t SELECT a::ARRAY<INT> INSERT OVERWRITE u SELECT 1",
            "FROM t SELECT a AS like INSERT OVERWRITE u SELECT 1",
            "BEGIN DECLARE like CONDITION; DECLARE EXIT HANDLER FOR like DROP TABLE t; END",
            "BEGIN DECLARE EXIT HANDLER FOR like DROP TABLE t; SELECT 1; END",
            "SELECT (1; DROP TABLE t; SELECT 1)",
            "ALTER TABLE t SET LOCATION 's3://x'",
            "ALTER VIEW v AS SELECT 2",
            "MSCK REPAIR TABLE t DROP PARTITIONS",
            "SYNC SCHEMA a FROM b SET OWNER x",
            "CREATE GROUP g",
            "CREATE POLICY p ON CATALOG c ROW FILTER f TO users FOR TABLES",
            "INSERT INTO DIRECTORY '/x' SELECT 1",
            "PUT '/a' INTO '/Volumes/x' OVERWRITE",
            "REMOVE '/Volumes/x'",
        ],
    );
}

#[test]
fn calls_out() {
    all(
        Class::CallsOut,
        &[
            "SELECT http_request(conn => 'c', method => 'POST', path => '/')",
            "SELECT * FROM remote_query('c', query => 'DROP TABLE t')",
            "SELECT * FROM a, LATERAL remote_query('c', query => 'x')",
            "SELECT * FROM a LATERAL VIEW remote_query('c') x",
            "SELECT `http_request`(1)",
            "SELECT `READ_\u{212a}afka`(1)",
            "SELECT builtin.http_request(1)",
            "SELECT HTTP_REQUEST /* x */ (1)",
            "SELECT IDENTIFIER('http_request')(1)",
            "SELECT * FROM read_files('https://x/' || (SELECT a FROM t))",
            "SELECT * FROM read_files(concat('https://', a))",
            "INSERT INTO t SELECT http_request(1)",
            "SELECT * FROM read_files('a' 'b' || c)",
            "DECLARE x STRING DEFAULT (SELECT http_request())",
        ],
    );
}

#[test]
fn acts_outside() {
    all(
        Class::ActsOutside,
        &[
            "CALL p()",
            "EXECUTE IMMEDIATE 'DROP TABLE t'",
            "SELECT secret('s', 'k')",
            "SELECT `\u{17f}ecret`('s', 'k')",
            "SELECT system.builtin.secret('a','b')",
            "SELECT IDENTIFIER(concat('http', '_request'))(1)",
            "SELECT IDENTIFIER('http_request /* x */')(1)",
            "CREATE TABLE t USING jdbc OPTIONS (url 'x')",
            "CREATE TABLE as USING jdbc OPTIONS (url 'x')",
            "CREATE CONNECTION c TYPE mysql",
            "CREATE OR REPLACE STORAGE CREDENTIAL c",
            "ALTER EXTERNAL LOCATION l SET URL 'x'",
            "CREATE FUNCTION f() RETURNS STRING LANGUAGE PYTHON AS $$ return 1 $$",
            "SELECT reflect('java.lang.Runtime', 'exec')",
            "BEGIN SELECT 1; CALL p(); END",
            "ADD JAR 'x'",
            "EXPLAIN CALL p()",
            "CREATE VIEW v AS SELECT secret('a','b')",
            "SELECT TRANSFORM(a) USING 'bash -c x' FROM t",
        ],
    );
}

#[test]
fn unplaced() {
    all(
        Class::Unknown,
        &[
            "",
            ";",
            "SELEC 1",
            "\u{feff}DROP TABLE t",
            "EXPLAIN ANALYZE DELETE FROM t",
            "SELECT * INTO t2 FROM t",
            "/* /* */ DROP TABLE t -- */",
            "--\rDROP TABLE t /*\nSELECT 1 -- */",
            "-- \\\nSELECT 1 /*\nDROP TABLE t -- */",
            "SELECT 1 $$; DROP TABLE t; $$",
            "BEGIN IF a THEN FROBNICATE t; END IF; END",
            "BEGIN LOOP l: FROBNICATE t; END LOOP; END",
            "SELECT 'open",
            "SELECT `open",
            "SELECT /* open",
            "DROP TABLE t -- 'unterminated \\' text".trim_start_matches("DROP TABLE t -- "),
            "FROM t |> MELT x",
            "GET '/a' TO '/b'",
            "SELECT * FROM csv.abfss://a--b",
        ],
    );
}
