import { isSealed, type Phase, type Transaction } from '../../api/transaction.ts';
import type { ExitName } from '../exit-codes.ts';
import { endOf, isAtRest } from './end.ts';

/** What `janus wait --for` takes. */
export const GOALS = ['sealed', 'committed', 'rolledback', 'failed', 'ended', 'deleted'] as const;
export type Goal = (typeof GOALS)[number];

/** Reached, or never to be reached, with the code that says how it went instead; undefined as long as it may come. */
export type Judgement = { readonly reached: true } | { readonly reached: false; readonly exit: ExitName };

const REACHED: Judgement = { reached: true };

/** The phase that a goal stands for. */
const PHASE_OF: Readonly<Partial<Record<Goal, Phase>>> = { committed: 'Committed', rolledback: 'RolledBack', failed: 'Failed' };

/**
 * Whether a Transaction has come to the goal, by what is to be read of it. A Committed one can still be rolled back on request, so
 * that is waited for; what has Failed needs a person, so nobody is made to wait until the time is up.
 */
export function judge(goal: Goal, transaction: Transaction | undefined): Judgement | undefined {
  if (transaction === undefined) return goal === 'deleted' ? REACHED : { reached: false, exit: 'error' };
  if (goal === 'deleted') return undefined;
  if (goal === 'sealed') return isSealed(transaction) ? REACHED : undefined;
  const { phase } = transaction.status ?? {};
  if (phase === undefined || !isAtRest(transaction)) return undefined;
  if (goal === 'ended' || phase === PHASE_OF[goal]) return REACHED;
  if (goal === 'rolledback' && phase === 'Committed') return undefined;
  // Committed instead of Failed is not what was wanted either.
  return { reached: false, exit: phase === 'Committed' ? 'error' : endOf(phase) };
}
