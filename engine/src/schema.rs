//! JSON Schemas generated from types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use soc2gate_source::Schema;

/// The JSON Schema (draft 2020-12) of a type, as it is read.
pub fn json_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    SchemaGenerator::new(settings)
        .into_root_schema_for::<T>()
        .to_value()
}

/// The JSON Schema of a type, as it is written.
pub fn json_schema_of_output<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    SchemaGenerator::new(settings)
        .into_root_schema_for::<T>()
        .to_value()
}

/// A type's schema, compiled. None never happens for the types of this crate; a test holds that.
pub(crate) fn compiled<T: JsonSchema>() -> Option<Schema> {
    Schema::compile(&json_schema::<T>()).ok()
}
