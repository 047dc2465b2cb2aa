/** One thing that is wrong with one change; gathered, so that a person sees all of them at once. */
export interface ChangeFault {
  readonly change: string;
  readonly words: string;
}

/** The transaction cannot be done and nothing was touched by the stage that found out. Ends in `RolledBack`. */
export class PlanFaultError extends Error {
  override readonly name = 'PlanFaultError';
  readonly faults: readonly ChangeFault[];

  constructor(faults: readonly ChangeFault[]) {
    super(faults.map((fault) => (fault.change === '' ? fault.words : `${fault.change}: ${fault.words}`)).join('; '));
    this.faults = faults;
  }
}

/** The request itself is impossible (no such ServiceAccount, not allowed to use it, locks not to be had). Ends in `Failed`. */
export class ImpossibleError extends Error {
  override readonly name = 'ImpossibleError';
}

/** One change could not be carried out; the rest must be undone. */
export class ChangeFailedError extends Error {
  override readonly name = 'ChangeFailedError';
  readonly change: string;

  constructor(change: string, words: string, options?: ErrorOptions) {
    super(words, options);
    this.change = change;
  }
}

/** Why work in progress was told to end: the reason of a run's abort signal. */
export class StopReason extends Error {
  override readonly name = 'StopReason';
  readonly why: 'timeout' | 'deleted' | 'asked' | 'shutdown';

  constructor(why: StopReason['why'], words: string) {
    super(words);
    this.why = why;
  }
}

/** Locks are not enforced, or were not for a while since this work began: it ends here, and is taken up again from its record. */
export class UnenforcedError extends Error {
  override readonly name = 'UnenforcedError';

  constructor() {
    super('API servers do not ask Janus about locks, or have not for a while: its webhook configurations were changed or removed');
  }
}

/** An object under our lock carries it no longer, though the transaction is open: somebody broke the lock. */
export class LostLockError extends Error {
  override readonly name = 'LostLockError';
}

/** Undoing would overwrite what somebody else has done since; the object is left as it is and named. */
export class RollbackConflictError extends Error {
  override readonly name = 'RollbackConflictError';
}
