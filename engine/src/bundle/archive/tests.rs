use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;
use tar::{Builder, Header};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One entry, its name written as it stands.
fn entry(archive: &mut Builder<Vec<u8>>, kind: EntryType, name: &[u8], body: &[u8]) {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(body.len().try_into().unwrap());
    header.set_mode(0o644);
    header.as_old_mut().name[..name.len()].copy_from_slice(name);
    header.set_cksum();
    archive.append(&header, body).unwrap();
}

fn tar(entries: &[(EntryType, &[u8], &[u8])]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for (kind, name, body) in entries {
        entry(&mut archive, *kind, name, body);
    }
    archive.into_inner().unwrap()
}

fn unpacked(entries: &[(EntryType, &[u8], &[u8])]) -> Result<BundleFiles, Refused> {
    unpack(&gzip(&tar(entries)))
}

/// What is said where an archive is refused, with the file it names.
fn told(bytes: &[u8]) -> String {
    match unpack(bytes) {
        Ok(files) => format!("{} files", files.len()),
        Err(refused) => {
            let file = refused.file.map(|file| format!("{file}: "));
            format!("{}{}", file.unwrap_or_default(), refused.message)
        }
    }
}

const FILE: EntryType = EntryType::Regular;

#[test]
fn files_lie_below_the_root_however_it_is_written() {
    let files = unpacked(&[
        (EntryType::Directory, b"./", b""),
        (FILE, b"/data.json", b"{}"),
        (FILE, b"./a/main.rego", b"package a"),
        (EntryType::Directory, b"b/", b""),
        (FILE, b".manifest", b""),
    ])
    .unwrap();
    let paths: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(paths, [".manifest", "a/main.rego", "data.json"]);
    assert_eq!(files["a/main.rego"], b"package a");
}

#[test]
fn long_paths_and_comments_are_read() {
    let long = format!("{}/main.rego", "folder/".repeat(30).trim_end_matches('/'));
    let mut archive = Builder::new(Vec::new());
    entry(
        &mut archive,
        EntryType::XGlobalHeader,
        b"pax_global_header",
        b"52 comment=0123456789012345678901234567890123456789\n",
    );
    let mut header = Header::new_gnu();
    header.set_size(1);
    archive.append_data(&mut header, &long, &b"x"[..]).unwrap();
    archive
        .append_pax_extensions([("path", format!("b{long}").as_bytes()), ("mtime", b"1.5")])
        .unwrap();
    entry(&mut archive, FILE, b"short", b"y");
    let files = unpack(&gzip(&archive.into_inner().unwrap())).unwrap();
    let paths: Vec<String> = files.into_keys().collect();
    assert_eq!(paths, [format!("b{long}"), long]);
}

#[rstest]
#[case(b"../main.rego")]
#[case(b"a/../../main.rego")]
#[case(b"a/./main.rego")]
#[case(b"//main.rego")]
#[case(b"/../x")]
#[case(b"a//b")]
#[case(b"a/")]
#[case(b"..")]
#[case(b"./")]
#[case(b"")]
#[case(b"a\\..\\b")]
#[case(b"a\nb")]
#[case(b"\xff.rego")]
fn paths_that_lead_elsewhere(#[case] path: &[u8]) {
    let bytes = gzip(&tar(&[(FILE, path, b"x")]));
    let told = told(&bytes);
    assert_eq!(
        told,
        "a path of the archive leads out of it or is no plain path"
    );
}

#[rstest]
#[case(EntryType::Symlink)]
#[case(EntryType::Link)]
#[case(EntryType::Char)]
#[case(EntryType::Block)]
#[case(EntryType::Fifo)]
#[case(EntryType::Continuous)]
#[case(EntryType::GNUSparse)]
#[case(EntryType::new(b'?'))]
fn only_files_and_folders(#[case] kind: EntryType) {
    let mut archive = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_path("x").unwrap();
    header.set_link_name("main.rego").unwrap();
    header.set_size(0);
    if let Some(gnu) = header.as_gnu_mut() {
        gnu.realsize = *b"00000000000\0";
    }
    header.set_cksum();
    archive.append(&header, &b""[..]).unwrap();
    let told = told(&gzip(&archive.into_inner().unwrap()));
    assert!(
        told.starts_with("x: it holds something that is neither"),
        "{told}"
    );
}

#[rstest]
#[case(b"a.rego", b"a.rego")]
#[case(b"a.rego", b"./a.rego")]
#[case(b"a.rego", b"/a.rego")]
fn a_file_stands_once(#[case] one: &[u8], #[case] other: &[u8]) {
    let told = told(&gzip(&tar(&[(FILE, one, b"1"), (FILE, other, b"2")])));
    assert_eq!(told, "a.rego: the file stands twice in the archive");
}

#[rstest]
#[case("size", "3")]
#[case("GNU.sparse.major", "1")]
#[case("GNU.sparse.name", "other")]
fn sizes_stand_in_headers_only(#[case] key: &str, #[case] value: &str) {
    let mut archive = Builder::new(Vec::new());
    archive
        .append_pax_extensions([(key, value.as_bytes())])
        .unwrap();
    entry(&mut archive, FILE, b"main.rego", b"abc");
    let told = told(&gzip(&archive.into_inner().unwrap()));
    assert_eq!(
        told,
        "an extended header of the archive says how large a file is"
    );
}

#[test]
fn headers_for_all_files_are_refused() {
    let body: &[u8] = b"18 path=other.reg\n";
    let told = told(&gzip(&tar(&[
        (EntryType::XGlobalHeader, b"g", body),
        (FILE, b"main.rego", b"x"),
    ])));
    assert_eq!(told, "the archive has a global header that is no comment");
}

#[test]
fn an_archive_is_whole_and_nothing_else() {
    let archive = tar(&[(FILE, b"main.rego", &[b'x'; 700])]);
    let whole = gzip(&archive);
    assert_eq!(told(&whole), "1 files");
    // Cut anywhere, the gzip ends early.
    for length in [
        0,
        1,
        9,
        10,
        20,
        whole.len() / 2,
        whole.len() - 8,
        whole.len() - 1,
    ] {
        let told = told(&whole[..length]);
        assert_eq!(told, "it is no gzip, is damaged or ends early", "{length}");
    }
    let mut damaged = whole.clone();
    let at = damaged.len() - 5;
    damaged[at] ^= 1;
    assert_eq!(told(&damaged), "it is no gzip, is damaged or ends early");
    for tail in [&b"x"[..], b"\0", &whole] {
        let more = [&whole, tail].concat();
        assert_eq!(told(&more), "there is more behind the end of the gzip");
    }
    assert_eq!(told(&archive), "it is no gzip, is damaged or ends early");
    // The tar within a sound gzip.
    for length in [100, 512, 600, 1024, 1100] {
        let told = told(&gzip(&archive[..length]));
        assert!(
            [
                "a file of the archive ends early",
                "the tar archive is broken or ends early"
            ]
            .contains(&told.as_str()),
            "{length}: {told}"
        );
    }
    for length in [512 * 3, 512 * 4] {
        assert_eq!(
            told(&gzip(&archive[..length])),
            "the tar archive ends early"
        );
    }
    let hidden = [archive.as_slice(), &archive].concat();
    assert_eq!(
        told(&gzip(&hidden)),
        "there is more behind the end of the tar archive"
    );
    let mut torn = archive;
    torn[0] = b'n';
    assert_eq!(
        told(&gzip(&torn)),
        "the tar archive is broken or ends early"
    );
    assert_eq!(told(&gzip(b"")), "the tar archive ends early");
    assert_eq!(
        told(&gzip(b"hello")),
        "the tar archive is broken or ends early"
    );
}

#[test]
fn a_bomb_is_refused() {
    let bomb = gzip(&vec![0; usize::try_from(MAX_UNPACKED).unwrap() + 1]);
    assert!(bomb.len() < 500_000);
    assert_eq!(
        told(&bomb),
        "it is larger than 67108864 bytes when it is decompressed"
    );
    // An entry that says it is larger than everything.
    let mut archive = Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_path("data.json").unwrap();
    header.set_size(u64::MAX);
    header.set_cksum();
    archive.append(&header, &b"x"[..]).unwrap();
    assert_eq!(
        told(&gzip(&archive.into_inner().unwrap())),
        "the tar archive is broken or ends early"
    );
    let names: Vec<Vec<u8>> = (0..=MAX_ENTRIES)
        .map(|number| number.to_string().into_bytes())
        .collect();
    let entries: Vec<(EntryType, &[u8], &[u8])> = names
        .iter()
        .map(|name| (FILE, name.as_slice(), &b""[..]))
        .collect();
    assert_eq!(
        told(&gzip(&tar(&entries))),
        "the archive holds more than 10000 files and folders"
    );
}

#[test]
fn no_changed_byte_makes_it_panic() {
    let archive = tar(&[
        (FILE, b"main.rego", b"package main"),
        (EntryType::Directory, b"a/", b""),
        (FILE, b"a/data.json", b"{}"),
    ]);
    let mut refused = 0;
    for at in 0..archive.len() {
        for byte in [0, b'7', 0xff] {
            let mut changed = archive.clone();
            changed[at] = byte;
            refused += usize::from(unpack(&gzip(&changed)).is_err());
        }
    }
    assert!(refused > 1000, "{refused}");
}
