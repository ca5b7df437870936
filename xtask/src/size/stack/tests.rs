//! Stories of small made-up programs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::compute;
use super::image::{Chip, Function, Image};

const POLL: &str = "embassy_executor::raw::SyncExecutor::poll::{{closure}}";
const DATA: Range<u32> = 0x1000..0x2000;
const WAKE: &str = "core::task::wake::Waker::wake";

/// A program that begins with the first of these functions, and which debug information has a word on.
struct Program {
    image: Image,
    source: &'static [(u32, &'static str)],
}

fn program(chip: Chip, functions: &[(&str, Range<u32>)]) -> Program {
    let function = |(name, code): &(&str, Range<u32>)| Function {
        code: code.clone(),
        names: vec![name.to_string()],
        ends: true,
    };
    let functions: Vec<Function> = functions.iter().map(function).collect();
    let entry = functions[0].code.start;
    let (words, data, handlers, saved) = (BTreeMap::new(), vec![DATA], BTreeSet::new(), 36);
    Program { image: Image { chip, functions, words, data, entry, handlers, saved }, source: &[] }
}

impl Program {
    /// With these words from an address on.
    fn with(mut self, at: u32, words: &[u32]) -> Self {
        self.image.words.extend((at..).step_by(4).zip(words.iter().copied()));
        self
    }

    fn with_source(self, source: &'static [(u32, &'static str)]) -> Self {
        Self { source, ..self }
    }

    /// The deepest stack of this code: a line each, its address and what stands there.
    fn stack(&self, code: &str) -> u64 {
        self.computed(code).unwrap()
    }

    fn computed(&self, code: &str) -> anyhow::Result<u64> {
        let code = code.lines().map(|line| line.trim().replacen(' ', ":\t", 1).replacen(' ', "\t", 1));
        let name = |at| {
            Ok(self.source.iter().find(|(known, _)| *known == at).map_or("", |(_, name)| name).to_string())
        };
        Ok(compute(&self.image, &code.collect::<Vec<_>>().join("\n"), &name)?.bytes)
    }
}

#[test]
fn a_chain_is_as_deep_as_its_frames_and_a_last_call_takes_the_place_of_its_caller() {
    let program =
        program(Chip::Arm, &[("main", 0x100..0x110), ("inner", 0x200..0x210), ("last", 0x300..0x310)]);
    let code = "100 push {r4, lr}
                102 sub sp, #0x10
                104 bl 0x200 <inner>
                108 add sp, #0x10
                10a pop.w {r4, lr}
                10e b.w 0x300 <last>
                200 str lr, [sp, #-8]!
                204 ldr pc, [sp], #8
                300 push {r0, r1, r2, r3, r4, r5, r6, lr}
                302 pop {r0, r1, r2, r3, r4, r5, r6, pc}";
    assert_eq!(program.stack(code), 8 + 16 + 8, "and not 56");
}

#[test]
fn a_return_on_a_condition_leaves_the_rest_as_deep() {
    let program = program(Chip::Arm, &[("main", 0x100..0x110), ("inner", 0x200..0x204)]);
    let code = "100 push {r4, lr}
                102 cmp r0, #0x0
                104 popeq {r4, pc}
                106 bl 0x200
                10a pop {r4, pc}
                200 push {r4, lr}
                202 pop {r4, pc}";
    assert_eq!(program.stack(code), 16);
}

#[test]
fn code_behind_a_jump_is_as_deep_as_where_the_jumps_to_it_are() {
    let program = program(Chip::Arm, &[("main", 0x100..0x110), ("inner", 0x200..0x204)]);
    let code = "100 cbz r0, 0x10a
                102 push {r4, r5, r6, lr}
                104 pop {r4, r5, r6, pc}
                10a bl 0x200
                10e bx lr
                200 push {r4, lr}
                202 pop {r4, pc}";
    assert_eq!(program.stack(code), 16, "nothing is on the stack at 0x10a");
}

#[test]
fn a_pointer_from_a_table_is_one_that_stands_there() {
    let functions = [("main", 0x100..0x110), ("near", 0x200..0x210), ("deep", 0x300..0x310)];
    // Something points to the table: how to drop, size, alignment, two methods.
    let program =
        program(Chip::Arm, &functions).with(0x1000, &[0, 8, 4, 0x201, 0x301]).with(0x1800, &[0x1000]);
    let code = |offset| {
        format!(
            "100 push {{r7, lr}}
             102 ldr r3, [r1, #{offset}]
             104 blx r3
             106 pop {{r7, pc}}
             200 push {{r7, lr}}
             202 pop {{r7, pc}}
             300 sub.w sp, sp, #0x200
             304 add.w sp, sp, #0x200
             308 bx lr"
        )
    };
    assert_eq!(program.stack(&code("0xc")), 16);
    assert_eq!(program.stack(&code("0x10")), 8 + 0x200);
    let argument = code("0xc").replace("102 ldr r3, [r1, #0xc]", "102 nop");
    assert_eq!(program.stack(&argument), 8 + 0x200, "where nothing is known it may be any");
}

#[test]
fn a_pointer_that_is_handed_on_is_followed_to_where_it_comes_from() {
    let functions =
        [("main", 0x100..0x110), ("each", 0x180..0x190), ("near", 0x200..0x210), ("deep", 0x300..0x310)];
    let program =
        program(Chip::Arm, &functions).with(0x1000, &[0, 8, 4, 0x201, 0x301]).with(0x1800, &[0x1000]);
    let code = "100 push {r7, lr}
                102 ldr r2, [r1, #0xc]
                104 str r2, [sp, #0x0]
                106 ldr r1, [sp]
                108 bl 0x180
                10c pop {r7, pc}
                180 push {r4, lr}
                182 mov r4, r1
                184 blx r4
                186 pop {r4, pc}
                200 push {r7, lr}
                202 pop {r7, pc}
                300 sub.w sp, sp, #0x200
                304 bx lr";
    assert_eq!(program.stack(code), 8 + 8 + 8);
}

#[test]
fn a_loop_may_bring_another_pointer_the_next_time() {
    let functions = [("main", 0x100..0x110), ("near", 0x200..0x210), ("deep", 0x300..0x310)];
    let program =
        program(Chip::Arm, &functions).with(0x1000, &[0, 8, 4, 0x201, 0x301]).with(0x1800, &[0x1000]);
    let code = "100 push {r4, r5, r7, lr}
                102 ldr r4, [r1, #0xc]
                104 blx r4
                106 ldr r4, [r5, #0x10]
                108 b 0x104
                200 push {r7, lr}
                202 pop {r7, pc}
                300 sub.w sp, sp, #0x200
                304 add.w sp, sp, #0x200
                308 bx lr";
    assert_eq!(program.stack(code), 16 + 0x200);
    let grows = code.replace("106 ldr r4, [r5, #0x10]", "106 push {r4, r5}");
    assert!(format!("{:#}", program.computed(&grows).unwrap_err()).contains("main gets deeper"));
}

#[test]
fn those_who_call_each_other_count_once() {
    let program =
        program(Chip::Arm, &[("main", 0x100..0x110), ("even", 0x200..0x210), ("odd", 0x300..0x310)]);
    let code = "100 bl 0x200
                104 bx lr
                200 push {r4, lr}
                202 bl 0x300
                206 pop {r4, pc}
                300 push {r4, r5, r6, lr}
                302 bl 0x200
                306 pop {r4, r5, r6, pc}";
    assert_eq!(program.stack(code), 8 + 16);
}

#[test]
fn tasks_stand_on_their_executor_and_two_interrupts_on_them() {
    let functions = [
        ("main", 0x100..0x110),
        ("embassy_executor::raw::TaskStorage<F>::poll", 0x200..0x210),
        ("TIMER", 0x300..0x310),
        ("UART", 0x400..0x410),
        ("GPIO", 0x500..0x510),
    ];
    let mut program = program(Chip::Arm, &functions).with_source(&[(0x102, POLL)]);
    program.image.handlers = BTreeSet::from([2, 3, 4]);
    let code = "100 push {r4, lr}
                102 blx r1
                104 b 0x102
                106 movw r0, #0x201
                200 sub sp, #0x40
                202 add sp, #0x40
                204 bx lr
                300 push {r4, lr}
                302 pop {r4, pc}
                400 push {r4, r5, r6, lr}
                402 pop {r4, r5, r6, pc}
                500 bx lr";
    assert_eq!(program.stack(code), 8 + 0x40 + (36 + 16) + (36 + 8));
    let error = Program { source: &[], ..program }.computed(code).unwrap_err();
    assert!(format!("{error:#}").contains("SyncExecutor"), "{error:#}");
}

#[test]
fn a_waker_wakes_and_calls_no_method_at_the_same_offset() {
    let functions =
        [("main", 0x100..0x110), ("clone", 0x200..0x210), ("wake", 0x280..0x290), ("deep", 0x300..0x310)];
    let program = program(Chip::Arm, &functions).with(0x1000, &[0x201, 0x281, 0x1400, 0x301]);
    let code = "100 push {r7, lr}
                102 ldr r3, [r1, #0x4]
                104 blx r3
                106 pop {r7, pc}
                200 bx lr
                280 push {r7, lr}
                282 pop {r7, pc}
                300 sub.w sp, sp, #0x200
                304 bx lr";
    let program = program.with(0x1800, &[0x1000]).with(0x1400, &[0, 0x301]);
    assert_eq!(program.stack(code), 8 + 0x200);
    assert_eq!(program.with_source(&[(0x104, WAKE)]).stack(code), 8 + 8);
}

#[test]
fn the_small_cortex_jumps_far_by_a_call() {
    let program = program(Chip::Arm, &[("main", 0x100..0x110)]);
    let code = "100 push {r4, lr}
                102 bl 0x108
                108 sub sp, #0x8
                10a add sp, #0x8
                10c pop {r4, pc}";
    assert_eq!(program.stack(code), 16);
}

#[test]
fn risc_v_calls_in_two_halves_and_shares_beginnings_of_functions() {
    let functions = [("main", 0x100..0x120), ("inner", 0x200..0x210), ("OUTLINED_FUNCTION_0", 0x300..0x310)];
    let program = program(Chip::Riscv, &functions);
    let code = "100 auipc t0, 0x0
                104 jalr t0, 0x200(t0) <OUTLINED_FUNCTION_0>
                108 auipc ra, 0x0
                10c jalr 0xf8(ra) <inner>
                110 addi sp, sp, 0x20
                112 ret
                200 addi sp, sp, -0x10
                202 addi sp, sp, 0x10
                204 ret
                300 addi sp, sp, -0x20
                302 sw ra, 0x1c(sp)
                304 jr t0";
    assert_eq!(program.stack(code), 32 + 16);
}

#[test]
fn what_cannot_be_followed_is_an_error() {
    let program = program(Chip::Arm, &[("main", 0x100..0x110)]);
    let error = program.computed("100 bic sp, sp, #0x7").unwrap_err();
    assert!(format!("{error:#}").contains("bic sp, sp, #0x7 in main"), "{error:#}");
    let error = program.computed("100 ldr r3, [r1, #0xc]\n102 bx r3").unwrap_err();
    assert!(format!("{error:#}").contains("Slot(12)"), "no table holds a function there: {error:#}");
    let error = program.computed("100 bl 0x900").unwrap_err();
    assert!(format!("{error:#}").contains("main goes to 0x900"), "{error:#}");
}
