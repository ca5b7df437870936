// A Raspberry Pi Pico in rp2040js, in time with this machine. The program that is flashed to a real board runs here
// as it is.
//
//   node run.mjs PROGRAM SOCKET [STACK]
//
// The first serial line is a Unix socket, the second is printed. A line of input is a pin and what to do with it:
// `GP14 press` holds it to ground for 50 ms of the chip's time, and lets go for as long before the next press;
// `GP14 low` holds it for ever, `GP14 open` lets go. A pin that drives something is printed when it changes:
// `GP25 high`. How deep the stack went so far, in bytes, stands in the file STACK.

import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

import { Board } from './board.mjs';
import { Line, print } from './line.mjs';

const PRESS_MS = 50;
/** How many presses of each pin are not over. */
const presses = new Map();

const [program, socket, stack] = process.argv.slice(2);
if (!socket) {
  console.error('how to use it: node run.mjs PROGRAM SOCKET [STACK]');
  process.exit(2);
}

const board = new Board(program, {
  reset: (why) => fail(`the board starts anew: ${why}`),
  pin: (name, level) => console.log(`${name} ${level}`),
});
print(board.uart(1));
const link = new Line(board, board.uart(0));

let deepest = 0;
if (stack) {
  board.atRest(() => {
    if (board.stack > deepest) writeFileSync(stack, `${(deepest = board.stack)}`);
  });
}

// Whoever connects last has the line, as with a plug. What is said while nobody listens is lost.
let plugged = null;
link.onBytes = (bytes) => plugged?.write(bytes);
const server = createServer((peer) => {
  plugged?.destroy();
  plugged = peer;
  peer.on('data', (bytes) => link.feed(bytes));
  peer.on('error', () => {});
  peer.on('close', () => {
    if (plugged === peer) plugged = null;
  });
});
rmSync(socket, { force: true });
server.on('error', (error) => fail(`cannot listen at ${socket}: ${error.message}`));
server.listen(socket, () => board.run());

createInterface({ input: process.stdin })
  .on('line', touch)
  .on('close', () => process.exit(0));

function touch(line) {
  const [, number, what] = /^GP(\d+) (press|low|open)$/.exec(line.trim()) ?? [];
  if (!what || number > 29) {
    console.log(`no pin and deed: ${JSON.stringify(line)}. Try: GP14 press`);
    return;
  }
  if (what === 'press') return press(number);
  board.hold(number, what === 'low');
}

// The chip may be slower than who presses: one press after the other.
function press(number) {
  const waiting = presses.get(number) ?? 0;
  presses.set(number, waiting + 1);
  if (waiting === 0) begin(number);
}

function begin(number) {
  board.hold(number, true);
  board.after(PRESS_MS, () => board.hold(number, false));
  board.after(2 * PRESS_MS, () => {
    const left = presses.get(number) - 1;
    presses.set(number, left);
    if (left > 0) begin(number);
  });
}

function fail(why) {
  console.error(why);
  process.exit(1);
}
