//! The ids of recent records, so that a second try does not write a record twice.

use std::collections::{HashMap, VecDeque};

use data_encoding::HEXLOWER;
use memchr::memmem;
use serde::Deserialize;

use crate::record::RecordError;

/// The id of a record: 32 hexadecimal digits.
pub(super) type Id = [u8; 16];

/// Reads the id of a record.
pub(super) fn parse(id: &str) -> Result<Id, RecordError> {
    let mut bytes = Id::default();
    let sound = id.len() == 2 * bytes.len()
        && HEXLOWER.decode_mut(id.as_bytes(), &mut bytes) == Ok(bytes.len());
    if sound {
        Ok(bytes)
    } else {
        Err(RecordError::Id)
    }
}

/// Ids with their indexes, the oldest forgotten first.
#[derive(Debug)]
pub(super) struct RecentIds {
    indexes: HashMap<Id, u64>,
    order: VecDeque<Id>,
    most: usize,
}

impl RecentIds {
    pub(super) fn new(most: usize) -> Self {
        Self {
            indexes: HashMap::new(),
            order: VecDeque::new(),
            most,
        }
    }

    /// Where the record of an id stands.
    pub(super) fn index(&self, id: &Id) -> Option<u64> {
        self.indexes.get(id).copied()
    }

    /// Remembers an id.
    pub(super) fn insert(&mut self, id: Id, index: u64) {
        if self.indexes.insert(id, index).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > self.most {
            if let Some(oldest) = self.order.pop_front() {
                self.indexes.remove(&oldest);
            }
        }
    }
}

/// The id in an entry; nothing where it is no record.
pub(super) fn of_entry(entry: &[u8], index: u64) -> Option<Id> {
    // In canonical JSON the index follows the id, and the kind the index. What stands behind the last such place
    // are kind, schema, subject and time, none of which holds one.
    let marker = format!("\",\"index\":{index},\"kind\":\"");
    let quick = memmem::rfind(entry, marker.as_bytes())
        .and_then(|end| entry.get(end.checked_sub(32)?..end))
        .and_then(|digits| parse(std::str::from_utf8(digits).ok()?).ok());
    quick.or_else(|| {
        let named: Named = serde_json::from_slice(entry).ok()?;
        parse(&named.id).ok()
    })
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut ids = RecentIds::new(2);
        for number in 0..3 {
            ids.insert([number; 16], u64::from(number));
        }
        assert_eq!(ids.index(&[0; 16]), None);
        assert_eq!(ids.index(&[1; 16]), Some(1));
        assert_eq!(ids.index(&[2; 16]), Some(2));
    }

    #[test]
    fn the_id_of_the_record_is_found_and_no_other() {
        let own = "00112233445566778899aabbccddeeff";
        let other = "ffffffffffffffffffffffffffffffff";
        let entry = format!(
            r#"{{"body":{{"a":"\"id\":\"{other}\",\"index\":7,\"kind\":\"x","id":"{other}","index":7,"kind":"y"}},"id":"{own}","index":7,"kind":"gap","schema":"s"}}"#
        );
        assert_eq!(of_entry(entry.as_bytes(), 7), parse(own).ok());
        // Another order, as a later version might write.
        let entry = format!(r#"{{"index":7,"id":"{own}"}}"#);
        assert_eq!(of_entry(entry.as_bytes(), 7), parse(own).ok());
        assert_eq!(of_entry(b"nothing", 7), None);
    }

    #[test]
    fn an_id_is_32_digits_in_lower_case() {
        assert!(parse("00112233445566778899aabbccddeefF").is_err());
        assert!(parse("00112233445566778899aabbccddee").is_err());
        assert!(parse("").is_err());
        assert!(parse(&"0".repeat(32)).is_ok());
    }
}
