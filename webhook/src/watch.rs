//! Files that others replace, by their content: a folder that Kubernetes mounts is swapped by a link, of which no watch tells.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// How deep folders are followed.
const MOST_DEPTH: usize = 16;

/// What stands for the content of files and folders. What cannot be read stands for itself.
pub fn content_of(paths: &[PathBuf]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for path in paths {
        add(&mut hasher, path, 0);
    }
    hasher.finalize().into()
}

fn add(hasher: &mut Sha256, path: &Path, depth: usize) {
    let name = path.as_os_str().as_encoded_bytes();
    hasher.update(name.len().to_le_bytes());
    hasher.update(name);
    if path.is_dir() {
        let Ok(entries) = entries(path) else {
            hasher.update(b"unreadable");
            return;
        };
        for entry in entries.iter().filter(|_| depth < MOST_DEPTH) {
            add(hasher, entry, depth + 1);
        }
    } else {
        match fs::read(path) {
            Ok(bytes) => {
                hasher.update(bytes.len().to_le_bytes());
                hasher.update(bytes);
            }
            Err(_) => hasher.update(b"unreadable"),
        }
    }
}

/// The entries of a folder but those of a mounted volume itself (`..data`), ordered.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b"..") {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_content_is_seen_and_a_second_look_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().to_path_buf(), folder.path().join("absent")];
        fs::write(folder.path().join("a"), "1").unwrap();
        let before = content_of(&paths);
        assert_eq!(content_of(&paths), before);
        fs::write(folder.path().join("a"), "2").unwrap();
        assert_ne!(content_of(&paths), before);
    }

    #[cfg(unix)]
    #[test]
    fn the_swap_of_a_mounted_volume_is_seen() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (version, text) in [("..1", "a"), ("..2", "b")] {
            fs::create_dir(at(version)).unwrap();
            fs::write(at(version).join("f"), text).unwrap();
        }
        symlink("..1", at("..data")).unwrap();
        symlink("..data/f", at("f")).unwrap();
        let paths = [folder.path().to_path_buf()];
        let before = content_of(&paths);
        symlink("..2", at("..next")).unwrap();
        fs::rename(at("..next"), at("..data")).unwrap();
        assert_ne!(content_of(&paths), before);
    }
}
