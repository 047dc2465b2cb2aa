import type { ExitName } from './exit-codes.ts';

/** A request that cannot be carried out as it was made. The message is one or more plain sentences: what is wrong, and what to do next. */
export class Fault extends Error {
  override readonly name: string = 'Fault';
  /** With which code the command ends. */
  readonly exit: ExitName;

  constructor(message: string, { exit = 'error', ...options }: ErrorOptions & { readonly exit?: ExitName } = {}) {
    super(message, options);
    this.exit = exit;
  }
}

/** A Fault of the arguments alone: no cluster was asked. */
export class UsageFault extends Fault {
  override readonly name = 'UsageFault';

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, exit: 'usage' });
  }
}
