//! Notebooks, files and directories of a new workspace.

use super::notebook::Language;
use super::tree::{Content, Tree};
use crate::clock::Millis;
use crate::identity::USER;

const INGEST: &str = "# Databricks notebook source
# MAGIC %md
# MAGIC # Ingest
# MAGIC Reads the taxi trips and keeps those that make sense.

# COMMAND ----------

dbutils.widgets.text(\"run_date\", \"today\")
run_date = dbutils.widgets.get(\"run_date\")

# COMMAND ----------

from pyspark.sql import functions as F

trips = (
    spark.table(\"samples.nyctaxi.trips\")
    .where(F.col(\"trip_distance\") > 0)
    .withColumn(\"minutes\", F.expr(\"timestampdiff(MINUTE, tpep_pickup_datetime, tpep_dropoff_datetime)\"))
)
display(trips.limit(10))

# COMMAND ----------

trips.write.mode(\"overwrite\").saveAsTable(\"main.default.trips_clean\")

# COMMAND ----------

import json

dbutils.notebook.exit(json.dumps({\"rows\": trips.count()}))
";

const REPORT: &str = "-- Databricks notebook source
-- MAGIC %md
-- MAGIC ## Revenue by country

-- COMMAND ----------

SELECT country, revenue
FROM main.default.revenue_by_country
ORDER BY revenue DESC

-- COMMAND ----------

SELECT date_trunc('month', ordered_at) AS month, count(*) AS orders
FROM main.default.orders
GROUP BY 1
ORDER BY 1
";

const MODEL: &str = "// Databricks notebook source
import org.apache.spark.sql.functions._

val customers = spark.table(\"main.default.customers\")

// COMMAND ----------

val byCountry = customers.groupBy(\"country\").agg(count(lit(1)).as(\"customers\"))
display(byCountry)

// COMMAND ----------

// MAGIC %sql
// MAGIC SELECT count(*) FROM main.default.customers
";

const FORECAST: &str = "# Databricks notebook source
library(SparkR)

# COMMAND ----------

orders <- sql(\"SELECT ordered_at, quantity FROM main.default.orders\")
display(orders)

# COMMAND ----------

fit <- lm(quantity ~ as.numeric(ordered_at), data = collect(orders))
summary(fit)
";

const TRAIN: &str = "# Databricks notebook source
import mlflow
from sklearn.ensemble import GradientBoostingClassifier

# COMMAND ----------

features = spark.table(\"main.default.customers\").toPandas()

# COMMAND ----------

with mlflow.start_run():
    model = GradientBoostingClassifier(random_state=7)
    model.fit(features.drop(columns=[\"churned\"]), features[\"churned\"])
";

const FEATURES: &str = "# Databricks notebook source
orders = spark.table(\"main.default.orders\")

# COMMAND ----------

orders.groupBy(\"customer_id\").count().write.mode(\"overwrite\").saveAsTable(\"main.default.churn_features\")
dbutils.notebook.exit(\"6 rows\")
";

const REGISTER: &str = "# Databricks notebook source
# MAGIC %sql
# MAGIC INSERT INTO main.default.model_versions SELECT 'churn', current_timestamp()

# COMMAND ----------

dbutils.notebook.exit(\"v2\")
";

const RETURNS: &str = "# Databricks notebook source
import dlt

# COMMAND ----------

@dlt.table(comment=\"Returned goods\")
def returns_silver():
    return spark.read.csv(\"/Volumes/main/default/landing/returns.csv\", header=True)
";

const PUBLISH: &str = "CREATE OR REPLACE TABLE main.default.revenue AS
SELECT * FROM main.default.revenue_by_country;
";

/// The tree of a new workspace.
pub(super) fn tree(now: Millis) -> Tree {
    let mut tree = Tree::new(now);
    let home = format!("/Users/{USER}");
    let in_home = |name: &str| format!("{home}/{name}");
    let notebook = |language, source: &str| Content::Notebook {
        language,
        source: source.to_owned(),
    };
    let file = |text: &str| Content::File {
        bytes: text.as_bytes().to_vec(),
    };
    let objects = [
        (
            in_home("Taxi exploration"),
            notebook(Language::Python, INGEST),
        ),
        (in_home("Revenue report"), notebook(Language::Sql, REPORT)),
        (
            in_home("drafts/Customers by country"),
            notebook(Language::Scala, MODEL),
        ),
        (in_home("drafts/Forecast"), notebook(Language::R, FORECAST)),
        (
            in_home("requirements.txt"),
            file("pandas==2.3.3\nscikit-learn==1.7.2\n"),
        ),
        (
            "/Shared/etl/ingest".to_owned(),
            notebook(Language::Python, INGEST),
        ),
        (
            "/Shared/etl/orders".to_owned(),
            notebook(Language::Sql, REPORT),
        ),
        (
            "/Shared/etl/customers".to_owned(),
            notebook(Language::Scala, MODEL),
        ),
        ("/Shared/etl/publish.sql".to_owned(), file(PUBLISH)),
        (
            "/Shared/churn/train".to_owned(),
            notebook(Language::Python, TRAIN),
        ),
        (
            "/Shared/churn/features".to_owned(),
            notebook(Language::Python, FEATURES),
        ),
        (
            "/Shared/churn/register".to_owned(),
            notebook(Language::Python, REGISTER),
        ),
        (
            "/Shared/etl/returns".to_owned(),
            notebook(Language::Python, RETURNS),
        ),
        (
            "/Shared/README.md".to_owned(),
            file("# Shared\n\nNotebooks that jobs run.\n"),
        ),
    ];
    for (path, content) in objects {
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
        // On an empty tree neither can collide.
        let _ = tree.make_directory(folder, now);
        let _ = tree.write(&path, content, false, now);
    }
    let _ = tree.make_directory("/Repos", now);
    tree
}
