// What rp2040js 1.4 gets wrong about a UART, put right from outside.

const UARTDR = 0x00;
const UARTIFLS = 0x34;
const UARTDMACR = 0x48;
const TXINTR = 1 << 5;

export function mendUart(uart) {
  // It says that there is room to send whenever it is asked: an interrupt without an end. The chip says so once,
  // when what was written has gone.
  uart.checkInterrupts = () => {
    uart.rp2040.setInterrupt(uart.irq, Boolean(uart.interruptStatus & uart.interruptMask));
  };
  const write = uart.writeUint32.bind(uart);
  uart.writeUint32 = (offset, value) => {
    if (KEPT.has(offset)) return void kept.set(offset, value);
    write(offset, value);
    if (offset !== UARTDR) return;
    uart.interruptStatus |= TXINTR;
    uart.checkInterrupts();
  };
  // It has no such registers, and reads them as all ones: then DMA seems to be on.
  const kept = new Map();
  const read = uart.readUint32.bind(uart);
  uart.readUint32 = (offset) => (KEPT.has(offset) ? (kept.get(offset) ?? KEPT.get(offset)) : read(offset));
}

/** Registers that keep what is written, and what they hold at first. */
const KEPT = new Map([
  [UARTIFLS, 0x12],
  [UARTDMACR, 0],
]);
