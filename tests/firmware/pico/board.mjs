// The chip with a program in its flash, its pins, and a clock that goes with the clock on the wall.

import { readFileSync } from 'node:fs';

import { GPIOPinState, RP2040 } from 'rp2040js';

import { mendUart } from './uart.mjs';

const FLASH = 0x10000000;
/** Where the program's vectors are: behind the second stage of the boot loader, which nobody needs here. */
const VECTORS = FLASH + 0x100;
const PT_LOAD = 1;
const AIRCR = 0xd0c;
const SYSRESETREQ = 1 << 2;
const NS_PER_MS = 1e6;
/** At 125 MHz. */
const NS_PER_CYCLE = 8;
/** So many instructions run before sockets have their turn. */
const SLICE = 200_000;
/** An idle chip looks so often whether something came. Whatever comes wakes it at once, too. */
const NAP_MS = 20;

export class Board {
  #chip = new RP2040();
  #begin = performance.now();
  #timer = null;
  #ends = [];
  /** Where the stack begins, and how low it went. */
  #top = 0;
  #lowest = 0;

  /** `events.reset(why)` when the program restarts the chip, `events.pin(name, level)` when it drives a pin. */
  constructor(program, events) {
    const chip = this.#chip;
    chip.logger = ears(chip.core);
    load(chip, readFileSync(program));
    chip.uart.forEach(mendUart);
    chip.gpio.forEach((pin, number) => wire(pin, `GP${number}`, events.pin));
    watchResets(chip, events.reset);
    chip.core.VTOR = VECTORS;
    this.#top = this.#lowest = chip.core.SP = chip.readUint32(VECTORS);
    chip.core.PC = chip.readUint32(VECTORS + 4) & ~1;
  }

  uart(number) {
    return this.#chip.uart[number];
  }

  /** Holds a pin to ground, or lets it go to where its resistor pulls it. */
  hold(number, low) {
    const pin = this.#chip.gpio[number];
    pin.setInputValue(!low && pin.value === GPIOPinState.InputPullUp);
    this.wake();
  }

  /** Calls `act` after that many ms of the chip's time. */
  after(ms, act) {
    this.#chip.clock.createAlarm(act).schedule(ms * NS_PER_MS);
    this.wake();
  }

  /** How deep the stack went so far, in bytes. */
  get stack() {
    return this.#top - this.#lowest;
  }

  /** Calls `act` whenever the chip has caught up with the wall. */
  atRest(act) {
    this.#ends.push(act);
  }

  run() {
    this.#begin = performance.now();
    this.#turn();
  }

  /** Something came: an idle chip looks at it now. */
  wake() {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(), 0);
  }

  #turn() {
    const { core, clock } = this.#chip;
    const wall = (performance.now() - this.#begin) * NS_PER_MS;
    let left = SLICE;
    while (clock.nanos < wall && left > 0) {
      if (core.waiting) {
        clock.tick(Math.min(this.#idle(), wall - clock.nanos));
      } else {
        clock.tick(core.executeInstruction() * NS_PER_CYCLE);
        if (core.SP < this.#lowest) this.#lowest = core.SP;
      }
      left -= 1;
    }
    // A machine that is too slow for the chip makes its time longer, and never shorter later on.
    this.#begin += Math.max(wall - clock.nanos, 0) / NS_PER_MS;
    this.#ends.forEach((act) => act());
    const nap = core.waiting ? Math.min(this.#idle() / NS_PER_MS, NAP_MS) : 0;
    this.#timer = setTimeout(() => this.#turn(), nap);
  }

  #idle() {
    const { clock } = this.#chip;
    return clock.nextAlarm ? Math.max(clock.nextAlarm.nanos - clock.nanos, 0) : Infinity;
  }
}

/** Puts what an ELF file has for the flash into it. */
function load(chip, file) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (view.getUint32(0) !== 0x7f454c46) throw new Error('the program is no ELF file');
  const [table, size, count] = [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)];
  for (let at = table; at < table + size * count; at += size) {
    const [type, offset, , address, length] = [0, 4, 8, 12, 16].map((field) => view.getUint32(at + field, true));
    if (type === PT_LOAD && length > 0) chip.flash.set(file.subarray(offset, offset + length), address - FLASH);
  }
}

/** Takes the emulator's log. Of the instruction SEV, which is to end a WFE, rp2040js 1.4 does no more than to log it. */
function ears(core) {
  const info = (_, message) => {
    if (message === 'SEV') core.eventRegistered = true;
  };
  return { debug() {}, info, warn() {}, error: (from, message) => console.error(`${from}: ${message}`) };
}

/** A pin that is pulled up is high unless something holds it; one that drives is told. */
function wire(pin, name, tell) {
  pin.addListener((state) => {
    if (state === GPIOPinState.InputPullUp) pin.setInputValue(true);
    if (state === GPIOPinState.High) tell(name, 'high');
    if (state === GPIOPinState.Low) tell(name, 'low');
  });
}

function watchResets(chip, reset) {
  const write = chip.ppb.writeUint32.bind(chip.ppb);
  chip.ppb.writeUint32 = (offset, value) => {
    if (offset === AIRCR && value & SYSRESETREQ) reset('it panicked, or asked for it');
    write(offset, value);
  };
  chip.peripherals[0x40058].onWatchdogTrigger = () => reset('the watchdog');
}
