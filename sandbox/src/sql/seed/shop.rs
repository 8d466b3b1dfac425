//! `main.default`: a small shop whose tables show every type, with NULLs, and a view.

/// Run in order on an empty `main.default`.
pub(super) const STATEMENTS: &[&str] = &[
    "CREATE TABLE main.default.customers (
       customer_id BIGINT NOT NULL COMMENT 'Key',
       name STRING,
       email STRING COMMENT 'NULL when the customer gave none',
       country STRING,
       joined DATE,
       newsletter BOOLEAN
     ) USING DELTA COMMENT 'Customers of the shop'",
    "INSERT INTO main.default.customers VALUES
       (1, 'Ada Okafor', 'ada@example.com', 'NG', DATE '2023-02-11', true),
       (2, 'Bruno Keller', NULL, 'CH', DATE '2023-05-30', false),
       (3, 'Chiara Rossi', 'chiara@example.com', 'IT', DATE '2023-09-01', NULL),
       (4, 'Dmitri Petrov', 'dmitri@example.com', 'BG', DATE '2024-01-17', true),
       (5, 'Eun-ji Park', 'eunji@example.com', 'KR', DATE '2024-03-08', true),
       (6, 'François Léger', NULL, 'FR', NULL, false)",
    "CREATE TABLE main.default.products (
       product_id INT NOT NULL,
       name STRING,
       price DECIMAL(10,2),
       weight_kg DOUBLE,
       in_stock BOOLEAN,
       launched DATE,
       updated_at TIMESTAMP,
       tags ARRAY<STRING>,
       attributes MAP<STRING, STRING>,
       supplier STRUCT<name: STRING, country: STRING, rating: INT>,
       thumbnail BINARY
     ) USING DELTA COMMENT 'Products with nested columns'",
    "INSERT INTO main.default.products
     SELECT 1, 'Espresso machine', CAST(349.90 AS DECIMAL(10,2)), 8.4, true, DATE '2022-10-03',
            TIMESTAMP '2024-05-01 08:30:00', array('kitchen', 'coffee'),
            map('colour', 'red', 'voltage', '230'),
            named_struct('name', 'Brasso', 'country', 'IT', 'rating', CAST(5 AS INT)),
            CAST('png' AS BINARY)",
    "INSERT INTO main.default.products
     SELECT 2, 'Milk jug', CAST(24.50 AS DECIMAL(10,2)), 0.35, true, DATE '2023-01-20',
            TIMESTAMP '2024-05-02 17:45:10.250', array('kitchen'),
            map('colour', 'steel'),
            named_struct('name', 'Brasso', 'country', 'IT', 'rating', CAST(5 AS INT)),
            NULL",
    "INSERT INTO main.default.products
     SELECT 3, 'Grinder \"quiet\"', CAST(129.00 AS DECIMAL(10,2)), NULL, false, NULL,
            NULL, NULL, NULL, NULL, NULL",
    "CREATE TABLE main.default.orders (
       order_id BIGINT NOT NULL,
       customer_id BIGINT,
       product_id INT,
       quantity INT,
       ordered_at TIMESTAMP
     ) USING DELTA COMMENT 'Orders of the shop'",
    "INSERT INTO main.default.orders VALUES
       (1001, 1, 1, 1, TIMESTAMP '2024-05-03 10:00:00'),
       (1002, 1, 2, 2, TIMESTAMP '2024-05-03 10:00:00'),
       (1003, 3, 2, 1, TIMESTAMP '2024-05-04 21:12:44'),
       (1004, 4, 3, 1, TIMESTAMP '2024-05-06 07:59:59'),
       (1005, 5, 1, 2, TIMESTAMP '2024-05-09 13:37:00'),
       (1006, NULL, 2, 10, TIMESTAMP '2024-05-10 00:00:00')",
    "CREATE VIEW main.default.revenue_by_country COMMENT 'Revenue by country of the customer' AS
     SELECT c.country, sum(o.quantity * p.price) AS revenue
     FROM main.default.orders o
     JOIN main.default.customers c ON o.customer_id = c.customer_id
     JOIN main.default.products p ON o.product_id = p.product_id
     GROUP BY c.country",
];
