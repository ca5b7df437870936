// Serial lines.

const NS_PER_S = 1e9;
/** A start bit, eight, and a stop bit. */
const BITS = 10;
const NEWLINE = 10;

/** A line both ways; on the way in, at its speed. */
export class Line {
  #board;
  #uart;
  #alarm;
  #coming = [];
  #going = [];

  /** What the chip says: a Buffer at a time. */
  onBytes = () => {};

  constructor(board, uart) {
    this.#uart = uart;
    uart.onByte = (byte) => this.#going.push(byte);
    this.#alarm = uart.rp2040.clock.createAlarm(() => this.#next());
    this.#board = board;
    board.atRest(() => this.#flush());
  }

  /** Bytes for the chip. Before it has set the line's speed, they are lost, as on a board. */
  feed(bytes) {
    if (!this.#uart.baudDivider) return;
    const idle = this.#coming.length === 0;
    this.#coming.push(...bytes);
    if (idle) this.#alarm.schedule(this.#time());
    this.#board.wake();
  }

  #next() {
    this.#uart.feedByte(this.#coming.shift());
    if (this.#coming.length > 0) this.#alarm.schedule(this.#time());
  }

  #time() {
    return (BITS * NS_PER_S) / this.#uart.baudRate;
  }

  #flush() {
    if (this.#going.length === 0) return;
    this.onBytes(Buffer.from(this.#going));
    this.#going = [];
  }
}

/** Prints what the chip says on a line, as soon as a line of text is whole. */
export function print(uart) {
  let said = [];
  uart.onByte = (byte) => {
    if (byte !== NEWLINE) return void said.push(byte);
    console.log(Buffer.from(said).toString().trimEnd());
    said = [];
  };
}
