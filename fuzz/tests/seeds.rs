//! Every checked-in seed goes through its target.

use std::fs;
use std::path::Path;

use signaling_fuzz::TARGETS;

#[test]
fn each_target_takes_its_seeds() {
    for (name, target) in TARGETS {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name);
        let mut count = 0;
        for seed in fs::read_dir(&seeds).unwrap() {
            let path = seed.unwrap().path();
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
            count += 1;
        }
        assert!(count > 0, "{name} has no seeds");
    }
}
