import type { TransactionSpec } from '../../../src/api/transaction.ts';
import { apiVersionOf } from '../../../src/kube/object.ts';
import type { Change } from '../../janus/transacting.ts';
import { partOf, PREY, wholeOf, type Prey } from './objects.ts';
import { diceFor, type Dice } from './seeded.ts';

/** One transaction as the seed wants it. */
export interface PlannedTransaction {
  readonly changes: readonly Change[];
  readonly spec: Partial<TransactionSpec>;
  /** Milliseconds after the commit when a rollback is asked for. */
  readonly rollBackAfterMs?: number;
  /** Milliseconds after sealing when the Transaction is deleted. */
  readonly deleteAfterMs?: number;
}

/** What a stranger tries. */
export type Trick =
  | 'patch'
  | 'free patch'
  | 'apply'
  | 'update'
  | 'delete'
  | 'delete all'
  | 'create'
  | 'status'
  | 'label off'
  | 'label forged'
  | 'label copied'
  | 'finalizer'
  | 'owner'
  | 'owners cleared';

/** One try of a stranger. */
export interface PlannedTry {
  readonly trick: Trick;
  readonly prey: Prey;
  /** Makes a value that nobody else writes. */
  readonly nonce: string;
  readonly field: string;
  readonly as: 'admin' | 'person' | 'deployer';
  readonly manager: string;
  readonly pauseMs: number;
}

/** How and when the executor ends: the next is started after a crash, and before a hand-over. */
export interface PlannedKill {
  readonly afterMs: number;
  readonly how: 'crash' | 'hand over';
}

const FIELDS = ['x', 'y', 'z'];
/** How often each is tried. What is deleted too often cannot be fought for. */
const TRICKS: readonly Trick[] = Object.entries({
  patch: 10,
  'free patch': 8,
  apply: 7,
  update: 7,
  create: 14,
  status: 4,
  'label off': 4,
  'label forged': 2,
  'label copied': 2,
  finalizer: 2,
  'owners cleared': 1,
  delete: 2,
  'delete all': 1,
  owner: 1,
} satisfies Record<Trick, number>).flatMap(([trick, times]) => Array<Trick>(times).fill(trick as Trick));

/** The n-th transaction of one of the lanes. */
export function plannedTransaction(seed: string, lane: number, n: number): PlannedTransaction {
  const dice = diceFor(seed, 'transaction', lane, n);
  const nonce = `${lane}-${n}`;
  const many = dice.chance(0.1) ? 8 : 1 + dice.below(3);
  const changes = Array.from({ length: many }, (_, at) => plannedChange(dice, `${nonce}-${at}`));
  const doomed = dice.chance(0.25) ? doomedChanges(dice, nonce) : [];
  const fate = dice.next();
  return {
    changes: [...changes, ...doomed],
    spec: {
      foreignWrites: dice.oneOf(['Deny', 'Deny', 'Delay']),
      onConflict: dice.oneOf(['Wait', 'Wait', 'Wait', 'Fail']),
      lockTimeout: dice.chance(0.2) ? '2s' : '30s',
      timeout: dice.chance(0.1) ? '3s' : '60s',
      ...(dice.chance(0.05) ? { health: { timeout: '1s' } } : {}),
    },
    ...(fate < 0.3 ? { rollBackAfterMs: dice.below(400) } : fate < 0.4 ? { deleteAfterMs: dice.below(300) } : {}),
  };
}

function plannedChange(dice: Dice, nonce: string): Change {
  const prey = dice.oneOf(PREY);
  const type = dice.oneOf([
    'Patch',
    'Patch',
    'Patch',
    'Patch',
    'Patch',
    'Update',
    'Update',
    'Update',
    'Create',
    'Create',
    'Create',
    'Delete',
  ] as const);
  const { kind, name } = prey;
  const content = type === 'Patch' ? partOf(prey, nonce, dice.oneOf(FIELDS)) : wholeOf(prey, nonce);
  return { type, apiVersion: apiVersionOf(kind), kind: kind.kind, name, order: dice.below(3), ...(type === 'Delete' ? {} : { content }) };
}

/** Two Services that want one port: each passes its dry run, and the second is refused when it is made. */
function doomedChanges(dice: Dice, nonce: string): readonly Change[] {
  const nodePort = 30_000 + dice.below(2_700);
  return [3, 4].map((order) => ({
    type: 'Create',
    kind: 'Service',
    name: `doomed-${nonce}-${order}`,
    order,
    content: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `doomed-${nonce}-${order}` },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] },
    },
  }));
}

/** The n-th try of one of the strangers. */
export function plannedTry(seed: string, stranger: number, n: number): PlannedTry {
  const dice = diceFor(seed, 'stranger', stranger, n);
  return {
    trick: dice.oneOf(TRICKS),
    prey: dice.oneOf(PREY),
    nonce: `9${stranger}-${n}`,
    field: dice.oneOf(FIELDS),
    as: dice.oneOf(['admin', 'person', 'deployer']),
    // The API server keeps no more than ten apart.
    manager: dice.oneOf(['tuner', 'editor', 'script']),
    pauseMs: 20 + dice.below(120),
  };
}

/** The n-th end of the executor. */
export function plannedKill(seed: string, n: number): PlannedKill {
  const dice = diceFor(seed, 'kill', n);
  return { afterMs: 500 + dice.below(3_000), how: dice.chance(0.75) ? 'crash' : 'hand over' };
}
