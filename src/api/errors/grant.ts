import { row } from './row.ts';

const OBJECT = { object: 'ConfigMap shop/settings' };
const NOTHING_TO_DO = (): string =>
  'Grants are made and used by Janus alone. If Janus itself sent it, the operation is tried again by itself.';

/** A request came with a grant that does not cover it. */
export const GRANT_ERRORS = {
  GrantInvalid: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ object, fault }: { object: string; fault: string }) =>
      `The grant that came with a write to ${object} is not valid: ${fault}`,
    next: NOTHING_TO_DO,
    example: { ...OBJECT, fault: 'its signature is wrong' },
  }),
  GrantExpired: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ object }: { object: string }) => `The grant that came with a write to ${object} has expired`,
    next: () => 'Janus tries again with a new one. If it goes on, compare the clocks of the nodes that Janus runs on.',
    example: OBJECT,
  }),
  GrantMismatch: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ object, fault }: { object: string; fault: string }) =>
      `The grant that came with a write to ${object} is for something else: ${fault}`,
    next: NOTHING_TO_DO,
    example: { ...OBJECT, fault: 'for action unlock' },
  }),
  AttemptOver: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ object, attempt, current }: { object: string; attempt: number; current: number }) =>
      `The grant that came with a write to ${object} is of attempt ${attempt}, and attempt ${current} has taken over`,
    next: NOTHING_TO_DO,
    example: { ...OBJECT, attempt: 1, current: 2 },
  }),
  LockLost: row({
    status: 403,
    reason: 'Forbidden',
    message: ({ object }: { object: string }) => `${object} no longer carries the lock that a write under a grant relies on`,
    next: () => 'The transaction undoes what it may and reports the object. See its status.',
    example: OBJECT,
  }),
} as const;
