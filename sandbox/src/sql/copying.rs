//! Carries out `COPY INTO`: reads the files that the table has not taken, and adds their rows to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, new_null_array};
use datafusion::execution::context::SessionState;
use datafusion::sql::sqlparser::ast::Statement;

use super::commands::read_only;
use super::definitions::memory;
use super::error::SqlError;
use super::files::{Copied, Copy, counted, resolve};
use super::metastore::{Metastore, Table};
use super::names::{Names, Projection};
use super::parse::parse;
use super::registered::Registered;
use super::rewrite::{Parameter, rewrite};
use super::rows::Rows;
use super::session::Session;
use crate::stored::Stored;

/// What the statement needs of the self.
pub(super) struct Copying<'a> {
    pub(super) metastore: &'a Metastore,
    pub(super) template: &'a SessionState,
    pub(super) stored: &'a Arc<Stored>,
    /// The files that tables have taken.
    pub(super) copied: &'a Copied,
    pub(super) parameters: &'a BTreeMap<String, Parameter>,
}

impl Copying<'_> {
    /// Carries out the statement.
    ///
    /// # Errors
    /// Fails if the table does not exist, or the files cannot be read or do not fit it.
    pub(super) async fn run(&self, names: Names, copy: Copy) -> Result<Rows, SqlError> {
        let (catalog, schema, name) = names.table(&copy.target)?;
        let table = self.metastore.find_table(&catalog, &schema, &name)?;
        if self.metastore.find_catalog(&catalog)?.read_only {
            return Err(read_only(&catalog));
        }
        let Some(mut fresh) = copy.fresh(self.stored, self.copied, &table)? else {
            return counted(0);
        };
        let projection = match &mut fresh.query {
            Statement::Query(query) => Projection::of(query),
            _ => None,
        };
        let files = resolve(
            &mut fresh.query,
            self.stored,
            self.parameters,
            Some(&fresh.named),
        )?;
        rewrite(&mut fresh.query, self.parameters, &names)?;
        let session = self.session(names.clone(), files);
        let rows = session.query(fresh.query.clone(), projection, None).await?;
        let columns = copy.columns(&rows, &table.provider.schema())?;
        if columns.fields().len() > table.provider.schema().fields().len() {
            let kept = format!("SELECT * FROM `{catalog}`.`{schema}`.`{name}`");
            let session = self.session(names.clone(), Vec::new());
            let kept = session.query(parse(&kept)?, None, None).await?;
            let widened = kept.batches.iter().map(|batch| {
                let mut own = batch.columns().to_vec();
                let new = columns.fields().iter().skip(own.len());
                own.extend(new.map(|field| new_null_array(field.data_type(), batch.num_rows())));
                RecordBatch::try_new(columns.clone(), own)
            });
            let widened = widened.collect::<Result<Vec<_>, _>>()?;
            let table = Table {
                facts: table.facts.clone(),
                provider: memory(columns.clone(), widened)?,
                view_definition: None,
                column_comments: table.column_comments.clone(),
            };
            let schema = self.metastore.find_schema(&catalog, &schema)?;
            schema.put_table(table, true)?;
        }
        let batches = copy.fitted(&rows, &columns)?;
        let count = batches.iter().map(RecordBatch::num_rows).sum();
        let added = Registered {
            name: "__copied".to_owned(),
            table: memory(columns, batches)?,
        };
        let session = self.session(names, vec![added]);
        let insert =
            format!("INSERT INTO `{catalog}`.`{schema}`.`{name}` SELECT * FROM __copied()");
        session.change(parse(&insert)?, true).await?;
        self.copied.remember(fresh);
        counted(count)
    }

    fn session(&self, names: Names, tables: Vec<Registered>) -> Session<'_> {
        Session::new(self.metastore, self.template, names, tables)
    }
}
