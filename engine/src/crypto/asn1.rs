//! DER (ITU-T X.690) element by element. The library reads headers and lengths; what elements mean is decided by
//! those who read them, since raw bytes are shown as well as values.

use der::{Decode as _, Header, Reader as _, SliceReader};
use jiff::civil::DateTime;

use super::Malformed;

/// Tags of elements, as the byte that they begin with.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const NUMERIC_STRING: u8 = 0x12;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const T61_STRING: u8 = 0x14;
    pub(crate) const IA5_STRING: u8 = 0x16;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const BMP_STRING: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// The tag of a primitive element of a context.
    pub(crate) const fn primitive(number: u8) -> u8 {
        0x80 | number
    }

    /// The tag of an element of a context that holds elements.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}

const MALFORMED: Malformed = Malformed("asn1: structure error");

/// Elements that follow one another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elements<'a>(&'a [u8]);

/// An element: all its bytes, and those of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) raw: &'a [u8],
    pub(crate) content: &'a [u8],
}

impl<'a> Elements<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next element, whatever it is.
    pub(crate) fn next(&mut self) -> Result<Element<'a>, Malformed> {
        let bytes = self.0;
        let tag = *bytes.first().ok_or(MALFORMED)?;
        let mut reader = SliceReader::new(bytes).map_err(|_| MALFORMED)?;
        let header = Header::decode(&mut reader).map_err(|_| MALFORMED)?;
        let content = reader.read_slice(header.length()).map_err(|_| MALFORMED)?;
        let end = usize::try_from(reader.position()).map_err(|_| MALFORMED)?;
        let (raw, rest) = bytes.split_at_checked(end).ok_or(MALFORMED)?;
        self.0 = rest;
        Ok(Element { tag, raw, content })
    }

    /// The next element, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        self.optional(tag)?.ok_or(MALFORMED)
    }

    /// The next element where it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.0.first() == Some(&tag) {
            self.next().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Refuses what is left.
    pub(crate) const fn finish(&self) -> Result<(), Malformed> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(MALFORMED)
        }
    }
}

/// The one element that bytes hold, which must have this tag.
pub(crate) fn single(bytes: &[u8], tag: u8) -> Result<Element<'_>, Malformed> {
    let mut elements = Elements::new(bytes);
    let element = elements.take(tag)?;
    elements.finish()?;
    Ok(element)
}

impl<'a> Element<'a> {
    /// The elements within.
    pub(crate) const fn elements(&self) -> Elements<'a> {
        Elements::new(self.content)
    }

    /// A number that is not negative, without leading zeros; zero is empty.
    pub(crate) fn unsigned(&self) -> Result<&'a [u8], Malformed> {
        match self.signed()? {
            (false, magnitude) => Ok(magnitude),
            (true, _) => Err(Malformed("asn1: number is negative")),
        }
    }

    /// Whether a number is negative, and its two's complement bytes without leading zeros.
    pub(crate) fn signed(&self) -> Result<(bool, &'a [u8]), Malformed> {
        match self.content {
            [] => Err(MALFORMED),
            [0] => Ok((false, &[])),
            [0, next, ..] if *next < 0x80 => Err(MALFORMED),
            [0xff, next, ..] if *next >= 0x80 => Err(MALFORMED),
            [0, rest @ ..] => Ok((false, rest)),
            [first, ..] => Ok((*first >= 0x80, self.content)),
        }
    }

    /// A number that is not negative and fits.
    pub(crate) fn small(&self) -> Result<u32, Malformed> {
        let bytes = self.unsigned()?;
        if bytes.len() > 4 {
            return Err(MALFORMED);
        }
        Ok(bytes
            .iter()
            .fold(0, |number, byte| (number << 8) | u32::from(*byte)))
    }

    /// A number that fits, also below zero.
    pub(crate) fn small_signed(&self) -> Result<i32, Malformed> {
        let (negative, bytes) = self.signed()?;
        if bytes.len() > 4 {
            return Err(MALFORMED);
        }
        let start = if negative { -1_i64 } else { 0 };
        let number = bytes
            .iter()
            .fold(start, |number, byte| (number << 8) | i64::from(*byte));
        i32::try_from(number).map_err(|_| MALFORMED)
    }

    pub(crate) fn boolean(&self) -> Result<bool, Malformed> {
        match self.content {
            [0] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(MALFORMED),
        }
    }

    /// The parts of an object identifier, each below 2^31.
    pub(crate) fn object_identifier(&self) -> Result<Vec<u64>, Malformed> {
        let mut parts = Vec::new();
        let mut part: u64 = 0;
        let mut within = false;
        for byte in self.content {
            if !within && *byte == 0x80 {
                return Err(MALFORMED);
            }
            part = part
                .checked_mul(128)
                .and_then(|part| part.checked_add(u64::from(byte & 0x7f)))
                .filter(|part| *part < 1 << 31)
                .ok_or(MALFORMED)?;
            within = byte & 0x80 != 0;
            if !within {
                if parts.is_empty() {
                    let first = (part / 40).min(2);
                    parts.extend([first, part - first * 40]);
                } else {
                    parts.push(part);
                }
                part = 0;
            }
        }
        if within || parts.is_empty() {
            return Err(MALFORMED);
        }
        Ok(parts)
    }

    /// The bytes of a bit string and how many bits of the last one are unused.
    pub(crate) fn bit_string(&self) -> Result<(&'a [u8], u8), Malformed> {
        let (unused, bytes) = self.content.split_first().ok_or(MALFORMED)?;
        let padding = (1_u8.checked_shl(u32::from(*unused)).unwrap_or(0)).wrapping_sub(1);
        let fits = match bytes.last() {
            Some(last) => *unused < 8 && last & padding == 0,
            None => *unused == 0,
        };
        if fits {
            Ok((bytes, *unused))
        } else {
            Err(MALFORMED)
        }
    }

    /// A bit string of whole bytes.
    pub(crate) fn whole_bytes(&self) -> Result<&'a [u8], Malformed> {
        match self.bit_string()? {
            (bytes, 0) => Ok(bytes),
            _ => Err(MALFORMED),
        }
    }

    /// Text of one of the string types.
    pub(crate) fn text(&self) -> Result<String, Malformed> {
        let bytes = self.content;
        let ascii = |fits: fn(&u8) -> bool| {
            if bytes.iter().all(fits) {
                Ok(bytes.iter().copied().map(char::from).collect())
            } else {
                Err(Malformed("asn1: invalid string"))
            }
        };
        match self.tag {
            tag::UTF8_STRING => std::str::from_utf8(bytes)
                .map(str::to_owned)
                .map_err(|_| Malformed("asn1: invalid string")),
            tag::PRINTABLE_STRING => {
                ascii(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(byte))
            }
            tag::NUMERIC_STRING => ascii(|byte| byte.is_ascii_digit() || *byte == b' '),
            tag::IA5_STRING => ascii(u8::is_ascii),
            tag::T61_STRING => ascii(|_| true),
            tag::BMP_STRING => {
                let (pairs, odd) = bytes.as_chunks::<2>();
                let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
                let text = units.strip_suffix(&[0]).unwrap_or(&units);
                if !odd.is_empty() {
                    return Err(Malformed("asn1: invalid string"));
                }
                Ok(String::from_utf16_lossy(text))
            }
            _ => Err(Malformed("asn1: unsupported string type")),
        }
    }

    /// Text of ASCII characters, whatever the tag is.
    pub(crate) fn ascii(&self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.content)
            .ok()
            .filter(|text| text.is_ascii())
            .ok_or(Malformed("asn1: invalid string"))
    }

    /// A moment of one of the time types, in UTC.
    pub(crate) fn time(&self) -> Result<DateTime, Malformed> {
        const WRONG: Malformed = Malformed("asn1: malformed time");
        let text = std::str::from_utf8(self.content).map_err(|_| WRONG)?;
        if !text.is_ascii() || text.starts_with(['+', '-', ' ']) {
            return Err(WRONG);
        }
        let text = match self.tag {
            tag::GENERALIZED_TIME => text.to_owned(),
            tag::UTC_TIME => {
                let century = if text < "50" { "20" } else { "19" };
                format!("{century}{text}")
            }
            _ => return Err(WRONG),
        };
        if text.len() != 15 {
            return Err(WRONG);
        }
        DateTime::strptime("%Y%m%d%H%M%SZ", &text).map_err(|_| WRONG)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[0x02, 0x01, 0x05], Some(5))]
    #[case(&[0x02, 0x01, 0x00], Some(0))]
    #[case(&[0x02, 0x02, 0x00, 0x80], Some(128))]
    #[case(&[0x02, 0x01, 0x80], None)]
    #[case(&[0x02, 0x02, 0x00, 0x05], None)]
    #[case(&[0x02, 0x00], None)]
    #[case(&[0x02, 0x81, 0x01, 0x05], None)]
    #[case(&[0x02, 0x80, 0x05, 0x00, 0x00], None)]
    #[case(&[0x02, 0x02, 0x05], None)]
    #[case(&[0x02, 0x01, 0x05, 0x00], None)]
    #[case(&[0x04, 0x01, 0x05], None)]
    #[case(&[0x02, 0x84, 0xff, 0xff, 0xff, 0xff, 0x01], None)]
    #[case(&[], None)]
    fn numbers_are_read_in_their_one_form(#[case] bytes: &[u8], #[case] wanted: Option<u32>) {
        let number = single(bytes, tag::INTEGER).and_then(|element| element.small());
        assert_eq!(number.ok(), wanted);
    }

    #[rstest]
    #[case(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d], Some(vec![1, 2, 840, 113_549]))]
    #[case(&[0x88, 0x37], Some(vec![2, 999]))]
    #[case(&[0x55, 0x80, 0x01], None)]
    #[case(&[0x55, 0x87, 0xff, 0xff, 0xff, 0x7f], Some(vec![2, 5, (1 << 31) - 1]))]
    #[case(&[0x55, 0x88, 0x80, 0x80, 0x80, 0x00], None)]
    #[case(&[0x55, 0x84], None)]
    #[case(&[], None)]
    fn object_identifiers(#[case] content: &[u8], #[case] wanted: Option<Vec<u64>>) {
        let element = Element {
            tag: tag::OBJECT_IDENTIFIER,
            raw: &[],
            content,
        };
        assert_eq!(element.object_identifier().ok(), wanted);
    }

    #[rstest]
    #[case(tag::UTC_TIME, "230510125128Z", Some("2023-05-10T12:51:28"))]
    #[case(tag::UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00"))]
    #[case(tag::GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01T00:00:00"))]
    #[case(tag::UTC_TIME, "2305101251Z", None)]
    #[case(tag::UTC_TIME, "231310125128Z", None)]
    #[case(tag::UTC_TIME, "230510125128+0100", None)]
    #[case(tag::IA5_STRING, "230510125128Z", None)]
    fn times(#[case] tag: u8, #[case] text: &str, #[case] wanted: Option<&str>) {
        let element = Element {
            tag,
            raw: &[],
            content: text.as_bytes(),
        };
        let time = element.time().ok().map(|time| time.to_string());
        assert_eq!(time.as_deref(), wanted);
    }

    #[rstest]
    #[case(tag::PRINTABLE_STRING, b"a*&'", Some("a*&'"))]
    #[case(tag::PRINTABLE_STRING, b"a_", None)]
    #[case(tag::IA5_STRING, "ü".as_bytes(), None)]
    #[case(tag::UTF8_STRING, "ü".as_bytes(), Some("ü"))]
    #[case(tag::UTF8_STRING, &[0xff], None)]
    #[case(tag::T61_STRING, &[0xfc], Some("ü"))]
    #[case(tag::BMP_STRING, &[0, 0x41, 0, 0xfc], Some("Aü"))]
    #[case(tag::BMP_STRING, &[0], None)]
    #[case(tag::INTEGER, b"a", None)]
    fn strings(#[case] tag: u8, #[case] content: &[u8], #[case] wanted: Option<&str>) {
        let element = Element {
            tag,
            raw: &[],
            content,
        };
        assert_eq!(element.text().ok().as_deref(), wanted);
    }

    #[test]
    fn unused_bits_must_be_zero() {
        let bits = |content| {
            Element {
                tag: tag::BIT_STRING,
                raw: &[],
                content,
            }
            .bit_string()
        };
        assert_eq!(bits(&[4, 0xf0]), Ok((&[0xf0][..], 4)));
        assert!(bits(&[4, 0xf8]).is_err());
        assert!(bits(&[8, 0]).is_err());
        assert!(bits(&[1]).is_err());
        assert!(bits(&[]).is_err());
    }
}
