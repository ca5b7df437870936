//! What the programs of this board share: its lines, its light and its buttons.
#![no_std]

mod board;
mod panel;
mod panic;

pub use board::{Board, Push, Read, Write, YesNo};
pub use panel::Front;

// What the second stage of the chip's start-up looks for.
esp_bootloader_esp_idf::esp_app_desc!();
