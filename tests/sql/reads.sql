SELECT 1

SELECT * FROM samples.nyctaxi.trips LIMIT 10

SELECT count(*) FROM main.sales.orders

SELECT count(DISTINCT customer_id) AS customers FROM main.sales.orders WHERE order_date >= '2026-01-01'

SELECT region, sum(amount) AS total FROM main.sales.orders GROUP BY region ORDER BY total DESC

SELECT region, sum(amount) FROM main.sales.orders GROUP BY ALL

SELECT * FROM main.sales.orders WHERE status IN ('open', 'paid') AND amount BETWEEN 10 AND 20

SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id

SELECT o.id, c.name FROM orders o LEFT OUTER JOIN customers c USING (customer_id)

SELECT * FROM a FULL OUTER JOIN b ON a.id = b.id WHERE a.id IS NULL OR b.id IS NULL

SELECT * FROM a LEFT ANTI JOIN b ON a.id = b.id

SELECT * FROM a LEFT SEMI JOIN b USING (id)

SELECT * FROM a CROSS JOIN b

SELECT * FROM a NATURAL JOIN b

SELECT a.*, b.name FROM a, b WHERE a.id = b.id

WITH recent AS (SELECT * FROM orders WHERE order_date > current_date() - 7) SELECT count(*) FROM recent

WITH a AS (SELECT 1 AS n), b AS (SELECT n + 1 AS n FROM a) SELECT a.n, b.n FROM a, b

WITH t(x, y) AS (SELECT 1, 2) SELECT * FROM t

WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 10) SELECT * FROM r

WITH RECURSIVE r(n) MAX RECURSION LEVEL 500 AS (VALUES (1) UNION ALL SELECT n + 1 FROM r) SELECT sum(n) FROM r

SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY region ORDER BY amount DESC) AS rn FROM orders) WHERE rn = 1

SELECT * FROM orders QUALIFY row_number() OVER (PARTITION BY region ORDER BY amount DESC) = 1

SELECT id, lag(amount, 1) OVER w, lead(amount) OVER w FROM orders WINDOW w AS (PARTITION BY region ORDER BY id)

SELECT id, sum(amount) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM orders

SELECT last_value(price) IGNORE NULLS OVER (ORDER BY ts) FROM ticks

SELECT first(price) IGNORE NULLS, any_value(name) RESPECT NULLS FROM ticks

SELECT * FROM orders TABLESAMPLE (10 PERCENT)

SELECT * FROM orders TABLESAMPLE (100 ROWS) REPEATABLE (42)

SELECT * FROM orders VERSION AS OF 12

SELECT * FROM orders TIMESTAMP AS OF '2026-01-01'

SELECT * FROM orders@v3

SELECT * FROM main.sales.orders@v12 LIMIT 5

SELECT * FROM orders@20260101000000000

SELECT count(*) FROM orders FOR VERSION AS OF 3

SELECT * FROM orders FOR SYSTEM_TIME AS OF '2026-01-01T00:00:00Z'

SELECT * FROM table_changes('main.sales.orders', 2, 5)

SELECT * FROM read_files('/Volumes/main/default/landing/*.csv', format => 'csv', header => true)

SELECT * FROM read_files('s3://bucket/path/', format => 'json', schemaHints => 'a INT')

SELECT * FROM read_files(path => '/Volumes/main/default/v/a.parquet')

SELECT _metadata.file_path, * FROM read_files('/Volumes/main/default/v')

SELECT * FROM read_files(:path, format => :format)

SELECT * FROM csv.`/Volumes/main/default/v/a.csv`

SELECT * FROM parquet.`s3://bucket/a/b`

SELECT * FROM json.`dbfs:/tmp/a.json`

SELECT * FROM delta.`abfss://c@a.dfs.core.windows.net/t` WHERE id = 1

SELECT * FROM binaryFile.`/Volumes/main/default/images`

SELECT path, length(content) FROM text.`/Volumes/main/default/logs`

LIST '/Volumes/main/default/v'

LIST '/Volumes/main/default/v/' LIMIT 10

TABLE main.sales.orders

TABLE orders

VALUES (1, 'a'), (2, 'b')

VALUES (1, 'a'), (2, 'b') AS t(id, name)

SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(id, name)

SELECT * FROM (VALUES (1), (2)) t(n) ORDER BY n DESC NULLS LAST

FROM orders SELECT region, count(*) GROUP BY region

FROM orders |> WHERE amount > 10 |> AGGREGATE sum(amount) AS total GROUP BY region |> ORDER BY total

FROM orders |> SELECT id, amount |> EXTEND amount * 2 AS twice |> LIMIT 5

FROM orders |> DROP customer_id |> RENAME amount AS price

FROM orders |> SET amount = amount * 1.1 |> AS o |> JOIN customers c ON o.customer_id = c.id

FROM orders |> UNION ALL (SELECT * FROM archive) |> TABLESAMPLE (10 ROWS)

FROM orders |> PIVOT (sum(amount) FOR region IN ('eu', 'us'))

FROM orders |> LEFT JOIN customers USING (customer_id) |> OFFSET 10

SELECT * FROM orders PIVOT (sum(amount) AS total FOR region IN ('eu' AS eu, 'us' AS us))

SELECT * FROM wide UNPIVOT (value FOR quarter IN (q1, q2, q3, q4))

SELECT * FROM wide UNPIVOT INCLUDE NULLS (value FOR quarter IN (q1 AS `Q1`, q2 AS `Q2`))

SELECT id, tag FROM posts LATERAL VIEW explode(tags) AS tag

SELECT id, k, v FROM posts LATERAL VIEW OUTER explode(props) p AS k, v

SELECT * FROM posts, LATERAL explode(tags) AS t(tag)

SELECT * FROM posts, LATERAL (SELECT count(*) AS n FROM comments c WHERE c.post = posts.id)

SELECT explode(array(1, 2, 3)) AS n

SELECT posexplode(split('a,b,c', ','))

SELECT stack(2, 'a', 1, 'b', 2) AS (name, n)

SELECT inline(array(struct(1, 'a'), struct(2, 'b')))

SELECT * FROM range(10)

SELECT * FROM range(0, 100, 5) AS r(n) WHERE n % 2 = 0

SELECT sequence(date'2026-01-01', date'2026-02-01', INTERVAL 1 DAY)

SELECT transform(array(1, 2), x -> x + 1), filter(array(1, 2), (x, i) -> x > i)

SELECT aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x, acc -> acc * 10)

SELECT map_filter(map('a', 1), (k, v) -> v > 0)

SELECT named_struct('a', 1, 'b', 'x').a

SELECT payload:items[0].price::decimal(10, 2) FROM events

SELECT payload:['odd key'], payload:a.b.c FROM events

SELECT payload:price?::double FROM events

SELECT try_cast('x' AS INT), cast('1' AS BIGINT), '1'::int

SELECT variant_get(v, '$.a', 'int'), parse_json('{"a":1}'):a::int

SELECT from_json('{"a":1}', 'a INT'), to_json(struct(1 AS a)), schema_of_json('{"a":1}')

SELECT * FROM variant_explode(parse_json('[1,2]'))

SELECT get_json_object(payload, '$.a') FROM events

SELECT 'it''s', 'it\'s', "double", "a""b", r'C:\temp', R"raw\d+"

SELECT 'a\\', 'b' AS c

SELECT * FROM t WHERE path LIKE 'C:\\%' OR path RLIKE r'\d+\.csv'

SELECT * FROM t WHERE name ILIKE '%drop table%'

SELECT * FROM t WHERE name LIKE ANY ('a%', 'b%') AND name NOT LIKE ALL ('x%')

SELECT * FROM t WHERE regexp_like(name, '^(insert|update|delete)$')

SELECT 'DROP TABLE x; DELETE FROM y' AS text

SELECT '; DROP TABLE x; --' AS text

SELECT "/* not a comment */", '-- neither'

-- DROP TABLE t
SELECT 1

/* DELETE FROM t; */ SELECT 1 /* TRUNCATE TABLE t */

SELECT 1 -- trailing comment

SELECT /*+ BROADCAST(c) */ * FROM orders o JOIN customers c ON o.customer_id = c.id

SELECT /*+ REPARTITION(4, region), COALESCE(2) */ * FROM orders

SELECT /*+ SHUFFLE_HASH(a), SKEW('orders', 'region') */ * FROM a JOIN b USING (id)

SELECT /*+ RANGE_JOIN(p, 10) */ * FROM p JOIN r ON p.x BETWEEN r.a AND r.b

SELECT a DIV b, a MOD b, a % b, a & b, a | b, a ^ b, ~a FROM t

SELECT a << 2, a >> 1, a >>> 1 FROM t

SELECT a <=> b, a == b, a != b, a <> b, NOT a, !a FROM t

SELECT a || '-' || b FROM t

SELECT INTERVAL '7 days', INTERVAL 3 HOURS, INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1 02:03:04' DAY TO SECOND

SELECT current_timestamp() - INTERVAL '7 days', current_date - 30, now()

SELECT date_trunc('month', ts), date_add(d, 7), datediff(a, b), dateadd(DAY, 1, d), timestampdiff(HOUR, a, b) FROM t

SELECT extract(YEAR FROM ts), extract(DOW FROM ts) FROM t

SELECT trim(BOTH ' ' FROM name), trim(LEADING 'x' FROM name), substring(name FROM 2 FOR 3), overlay(name PLACING 'x' FROM 2) FROM t

SELECT position('a' IN name), ltrim(name), replace(name, 'a', 'b') FROM t

SELECT CASE WHEN amount > 10 THEN 'high' WHEN amount > 5 THEN 'mid' ELSE 'low' END AS band FROM orders

SELECT CASE status WHEN 'delete' THEN 1 ELSE 0 END FROM t

SELECT if(a > b, a, b), iff(a > b, a, b), nvl(a, b), nullif(a, b), coalesce(a, b, c) FROM t

SELECT decode(a, 1, 'x', 2, 'y', 'z') FROM t

SELECT * FROM t WHERE a IS NOT DISTINCT FROM b

SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id)

SELECT * FROM t WHERE a > ALL (SELECT b FROM u)

SELECT * FROM t WHERE (a, b) IN (SELECT a, b FROM u)

SELECT (SELECT max(amount) FROM orders) AS top, * EXCEPT (customer_id) FROM orders

SELECT * EXCEPT (a, b) FROM t

SELECT t.* EXCEPT (a) FROM t

SELECT DISTINCT region FROM orders

SELECT DISTINCT ON (region) region, amount FROM orders

SELECT ALL region FROM orders

SELECT count(*) FILTER (WHERE amount > 10), sum(amount) FILTER (WHERE region = 'eu') FROM orders

SELECT percentile(amount, 0.5), percentile_approx(amount, array(0.25, 0.75)), median(amount), mode(region) FROM orders

SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) FROM orders

SELECT listagg(name, ', ') WITHIN GROUP (ORDER BY name), string_agg(name, ',') FROM t

SELECT collect_list(name), collect_set(name), array_agg(name), approx_count_distinct(id) FROM t

SELECT max_by(name, amount), min_by(name, amount), count_if(amount > 1), bool_or(a) FROM t

SELECT corr(a, b), regr_slope(a, b), stddev(a), var_pop(a), skewness(a), kurtosis(a) FROM t

SELECT hll_sketch_estimate(hll_sketch_agg(id)) FROM t

SELECT histogram_numeric(amount, 5), width_bucket(amount, 0, 100, 10) FROM t

SELECT region, grouping(region), sum(amount) FROM orders GROUP BY ROLLUP (region, status)

SELECT region, status, sum(amount) FROM orders GROUP BY CUBE (region, status)

SELECT region, status, sum(amount) FROM orders GROUP BY GROUPING SETS ((region), (status), ())

SELECT region, sum(amount) s FROM orders GROUP BY region HAVING s > 10 ORDER BY ALL

SELECT * FROM t ORDER BY a ASC NULLS FIRST, b DESC NULLS LAST LIMIT 10 OFFSET 20

SELECT * FROM t SORT BY a DISTRIBUTE BY b

SELECT * FROM t CLUSTER BY a

SELECT * FROM a UNION SELECT * FROM b

SELECT * FROM a UNION ALL BY NAME SELECT * FROM b

(SELECT * FROM a) EXCEPT ALL (SELECT * FROM b) INTERSECT SELECT * FROM c

SELECT * FROM a MINUS SELECT * FROM b

(SELECT 1 AS n) UNION (SELECT 2) ORDER BY n

((SELECT 1))

SELECT * FROM IDENTIFIER(:table)

SELECT * FROM IDENTIFIER('main.sales.orders')

SELECT IDENTIFIER('sum')(amount) FROM orders

SELECT IDENTIFIER(:column) FROM orders WHERE IDENTIFIER('region') = 'eu'

SELECT * FROM IDENTIFIER(:catalog || '.sales.orders')

SELECT :a + :b, ? AS positional

SELECT * FROM t WHERE id = :id AND d >= :since LIMIT :n

SELECT `update`, `delete`, `drop` FROM `insert`

SELECT update, delete FROM audit

SELECT t.update, t.delete, t.merge FROM audit t

SELECT a AS delete, b AS insert, c AS drop FROM t

SELECT action FROM audit WHERE action = 'DROP TABLE' AND verb <> 'TRUNCATE'

SELECT create, alter, grant FROM privileges

SELECT replace FROM t WHERE replace = 1

SELECT set, call, execute FROM t

SELECT count(delete) FROM audit

SELECT max(update) AS last_update, min(insert) FROM audit GROUP BY merge

SELECT refresh, cache, vacuum, optimize FROM maintenance ORDER BY restore

SELECT * FROM main.default.delete

SELECT * FROM main.drop.tables

SELECT * FROM update_log, delete_log WHERE update_log.id = delete_log.id

WITH update AS (SELECT 1 AS a) SELECT a FROM update

WITH delete_me AS (SELECT id FROM t WHERE stale) SELECT count(*) FROM delete_me

SELECT secret_name, http_request_count FROM usage

SELECT secret FROM vault

SELECT s.secret, s.reflect FROM s

WITH secret(a) AS (SELECT 1) SELECT a FROM secret

SELECT main.default.http_request(1)

SELECT main.tools.my_udf(a, b) FROM t

SELECT my_udf(a) FROM t

SELECT * FROM main.tools.my_table_function(1, 'x')

SELECT * FROM my_tvf(TABLE(orders), 5)

SELECT * FROM my_tvf(TABLE orders PARTITION BY region ORDER BY id)

SHOW CATALOGS

SHOW SCHEMAS IN main

SHOW DATABASES LIKE 'sales*'

SHOW TABLES

SHOW TABLES IN main.sales LIKE 'order*'

SHOW TABLE EXTENDED IN main.sales LIKE 'orders'

SHOW VIEWS IN main.sales

SHOW COLUMNS IN main.sales.orders

SHOW CREATE TABLE main.sales.orders

SHOW TBLPROPERTIES main.sales.orders ('delta.minReaderVersion')

SHOW PARTITIONS main.sales.orders

SHOW FUNCTIONS

SHOW USER FUNCTIONS IN main.tools

SHOW FUNCTIONS LIKE 'ai_*'

SHOW VOLUMES IN main.default

SHOW GRANTS ON TABLE main.sales.orders

SHOW GRANTS `me@example.com` ON SCHEMA main.sales

SHOW GROUPS

SHOW USERS LIKE '*@example.com'

SHOW SHARES

SHOW ALL IN SHARE sales_share

SHOW RECIPIENTS

SHOW PROVIDERS

SHOW CONNECTIONS

SHOW CREDENTIALS

SHOW EXTERNAL LOCATIONS

SHOW STORAGE CREDENTIALS

SHOW PROCEDURES IN main.tools

SHOW POLICIES ON TABLE main.sales.orders

SHOW LOCKS main.sales.orders

SHOW CURRENT SCHEMA

DESCRIBE main.sales.orders

DESCRIBE TABLE EXTENDED main.sales.orders

DESCRIBE TABLE EXTENDED main.sales.orders AS JSON

DESC EXTENDED orders amount

DESCRIBE DETAIL main.sales.orders

DESCRIBE HISTORY main.sales.orders LIMIT 5

DESC HISTORY delta.`/Volumes/main/default/t`

DESCRIBE SCHEMA EXTENDED main.sales

DESCRIBE CATALOG EXTENDED main

DESCRIBE FUNCTION EXTENDED main.tools.my_udf

DESCRIBE VOLUME main.default.v

DESCRIBE QUERY SELECT 1 AS a

DESC QUERY VALUES (1, 2)

DESCRIBE SHARE sales_share

DESCRIBE RECIPIENT partner

DESCRIBE CONNECTION pg

DESCRIBE EXTERNAL LOCATION landing

DESCRIBE STORAGE CREDENTIAL cred

DESCRIBE PROCEDURE main.tools.nightly

EXPLAIN SELECT * FROM orders

EXPLAIN EXTENDED SELECT * FROM orders JOIN customers USING (customer_id)

EXPLAIN FORMATTED SELECT count(*) FROM orders

EXPLAIN COST SELECT * FROM orders WHERE region = 'eu'

EXPLAIN CODEGEN SELECT 1

EXPLAIN LOGICAL SELECT 1

EXPLAIN WITH a AS (SELECT 1) SELECT * FROM a

SELECT current_user(), session_user(), current_catalog(), current_schema(), current_metastore(), version(), current_version()

SELECT is_member('admins'), is_account_group_member('eng')

SELECT uuid(), rand(), randn(1), monotonically_increasing_id(), spark_partition_id(), input_file_name()

SELECT sha2('x', 256), md5('x'), crc32('x'), hash('x'), xxhash64('x'), base64('x'), unbase64('eA=='), hex('x')

SELECT aes_decrypt(unhex(c), key, 'GCM') FROM t

SELECT mask(name, 'X', 'x'), soundex(name), levenshtein(a, b) FROM t

SELECT h3_longlatash3(-122.4, 37.7, 9), st_point(1, 2), st_distance(a, b) FROM t

SELECT url_encode('a b'), parse_url('https://a.b/c?d=e', 'HOST')

SELECT format_number(1234.5, 2), printf('%s-%d', 'a', 1), format_string('%s', a), lpad(a, 5, '0') FROM t

SELECT array_contains(a, 1), array_join(a, ','), array_sort(a), arrays_zip(a, b), flatten(a), element_at(a, 1), a[0] FROM t

SELECT map_keys(m), map_values(m), map_concat(m, n), m['a'], map_from_arrays(a, b), str_to_map('a:1') FROM t

SELECT * FROM event_log('pipeline-id')

SELECT * FROM event_log(TABLE(main.default.st))

SELECT * FROM cloud_files_state('/checkpoints/a')

SELECT * FROM system.access.audit WHERE event_date = current_date() AND action_name IN ('deleteTable', 'dropTable')

SELECT usage_date, sku_name, sum(usage_quantity) FROM system.billing.usage GROUP BY 1, 2

SELECT * FROM system.query.history WHERE statement_type = 'DELETE' ORDER BY start_time DESC LIMIT 20

SELECT table_name, table_type FROM system.information_schema.tables WHERE table_schema = 'sales'

SELECT column_name, data_type FROM main.information_schema.columns WHERE table_name = 'orders' ORDER BY ordinal_position

SELECT * FROM main.information_schema.table_privileges WHERE grantee = 'users'

SELECT * FROM stream_table

SELECT STREAM * FROM events

SELECT * FROM STREAM(main.default.events)

SELECT window(ts, '10 minutes').start, count(*) FROM events GROUP BY window(ts, '10 minutes')

SELECT session_window(ts, '5 minutes'), count(*) FROM events GROUP BY 1

SELECT vector_norm(embedding, 2), vector_cosine_similarity(a, b) FROM t

SELECT * FROM vector_search(index => 'main.default.idx', query_text => 'hello', num_results => 5)

SELECT MEASURE(total_revenue), region FROM main.metrics.sales GROUP BY region

SELECT collate(name, 'UTF8_LCASE'), name COLLATE UNICODE_CI FROM t

SELECT X'1F', 1L, 2S, 3Y, 1.5D, 2.5F, 3.14BD, 1e10, .5, 5.

SELECT TIMESTAMP '2026-01-01 00:00:00', DATE '2026-01-01', TIMESTAMP_NTZ '2026-01-01 00:00:00'

SELECT 'a' 'b' AS joined

SELECT CAST(a AS STRUCT<x: INT, y: ARRAY<STRING>>) FROM t

SELECT CAST(a AS MAP<STRING, DECIMAL(10, 2)>) FROM t

SELECT typeof(a), a IS TRUE, a IS NOT FALSE, a IS NULL, isnull(a), isnan(a) FROM t

SELECT zeroifnull(a), nullifzero(b), try_divide(a, b), try_add(a, b), equal_null(a, b) FROM t

SELECT assert_true(a > 0), raise_error('no') FROM t

SELECT getbit(5, 0), bit_count(5), shiftleft(1, 2), bitand(a, b) FROM t

SELECT to_timestamp('2026-01-01', 'yyyy-MM-dd'), unix_timestamp(), from_unixtime(0), to_date('2026-01-01'), make_date(2026, 1, 1)

SELECT convert_timezone('UTC', 'Europe/Berlin', ts), from_utc_timestamp(ts, 'PST'), ts AT TIME ZONE 'UTC' FROM t

SELECT rank() OVER (ORDER BY a), dense_rank() OVER (ORDER BY a), ntile(4) OVER (ORDER BY a), cume_dist() OVER (ORDER BY a) FROM t

SELECT nth_value(a, 2) OVER (ORDER BY b RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW) FROM t

SELECT a.b.c, a.b[0].c, `a.b`.`c d` FROM t

SELECT * FROM `my catalog`.`my schema`.`my-table`

SELECT 'größe' AS größe, '日本' AS `名前`

SELECT *, row_number() OVER () AS rn FROM t

select
  o.region
, sum( o.amount )  as total
from
  main.sales.orders  o
where
  o.order_date >= date_sub( current_date(), 30 )
group by
  o.region
having
  sum( o.amount ) > 0
order by
  total desc
;

SELECT 1;

SELECT 1 ;

SELECT 1
;
-- done

SELECT * FROM t WHERE comment = 'Bob said: "DELETE FROM t"'

SELECT concat_ws(';', a, b) FROM t

SELECT split(a, ';')[0] FROM t

SELECT * FROM orders WHERE note NOT IN ('call', 'execute immediate')

SELECT max(struct(ts, id)).id FROM t

SELECT * FROM t1 JOIN LATERAL (SELECT * FROM t2 WHERE t2.id = t1.id LIMIT 3) ON true

SELECT * FROM t WHERE a IN (SELECT b FROM u) AND c = (SELECT max(c) FROM t)

SELECT grouping_id(a, b), count(*) FROM t GROUP BY a, b WITH CUBE

SELECT a, b, sum(c) FROM t GROUP BY a, b WITH ROLLUP

SELECT /* nested ' quote " in comment */ 1

SELECT 1 AS `a``b`

SELECT '\u0041', '\n', '\t', '\0', '\%', '\_'

SELECT * FROM t LIMIT ALL

SELECT * FROM a ASOF JOIN b MATCH_CONDITION (a.ts >= b.ts) ON a.id = b.id

SELECT try_to_number('1,000', '9,999'), to_char(1, '9'), to_varchar(1, '9')

SELECT from_csv('1,a', 'x INT, y STRING'), to_csv(struct(1 AS a)), schema_of_csv('1,a')

SELECT from_xml('<a>1</a>', 'a INT'), xpath_string('<a>b</a>', 'a')

SELECT from_avro(value, 'schema'), from_protobuf(value, 'm') FROM t

SELECT explode_outer(a), posexplode_outer(a) FROM t

SELECT array_agg(DISTINCT a) FILTER (WHERE b) FROM t

SELECT kll_sketch_agg_bigint(a), approx_top_k(a, 3) FROM t

SELECT is_valid_utf8(a), make_valid_utf8(a), validate_utf8(a) FROM t

SELECT 1 WHERE current_user() = 'x'

SELECT * FROM main.sales.orders o WHERE o.region = 'eu' AND o.id IN (1, 2, 3) ORDER BY o.id DESC LIMIT 100
