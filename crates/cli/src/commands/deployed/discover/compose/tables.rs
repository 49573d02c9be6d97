//! Tables as they are to be written: no positions, a blank line before each, long lists one entry a line.

use toml_edit::{Array, Item, Table, TableLike, Value};

/// A list that would be wider stands on lines of its own.
const LINE_MAX: usize = 100;

pub(super) fn put(table: &mut Table, key: &str, value: impl Into<Value>) {
    table.insert(key, Item::Value(value.into()));
}

pub(super) fn put_list(table: &mut Table, key: &str, texts: &[String]) {
    let mut list: Array = texts.iter().map(String::as_str).collect();
    let is_wide = key.len() + list.to_string().len() > LINE_MAX;
    if is_wide {
        for value in list.iter_mut() {
            value.decor_mut().set_prefix("\n  ");
        }
        list.set_trailing("\n");
        list.set_trailing_comma(true);
    }
    table.insert(key, Item::Value(Value::Array(list)));
}

/// A section: its own header is not written, those of its entries are.
pub(super) fn section(mut table: Table) -> Table {
    table.set_implicit(true);
    for (_, item) in table.iter_mut() {
        if let Some(entry) = item.as_table_mut() {
            entry.decor_mut().set_prefix("\n");
        }
    }
    table
}

/// The values of a table that was read, without the place that it had there.
pub(super) fn carried(read: &dyn TableLike) -> Table {
    let mut table = Table::new();
    for (key, item) in read.iter() {
        if let Some(value) = item.as_value() {
            let mut value = value.clone();
            value.decor_mut().clear();
            table.insert(key, Item::Value(value));
        }
    }
    table
}
