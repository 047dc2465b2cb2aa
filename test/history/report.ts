import type { Outcome } from './load/run.ts';

const SHOWN = 40;

/** A run in words: its figures, and what must not have happened. */
export function wordsFor({ seed, figures, violations }: Outcome): string {
  const { transactions, phases, kills, writes, strangers, free, underLock, inexact } = figures;
  const lines = [
    `seed ${seed}: ${transactions} transactions (${Object.entries(phases)
      .map(([phase, count]) => `${count} ${phase}`)
      .join(', ')}), ${kills} kills, ${writes} writes`,
    `  strangers: ${strangers.tried} tried, ${strangers.accepted} accepted, ${strangers.refused} refused by a lock, ${strangers.frozen} frozen, ${strangers.failed} failed`,
    `  foreign writes accepted on locked objects: ${free} free ones, ${underLock} under lock; rollbacks named ${inexact.length} places as not exact`,
    ...violations
      .slice(0, SHOWN)
      .map(
        ({ rule, revision, object = '', transaction = '', words }) =>
          `  VIOLATION ${rule} at ${revision ?? 'the end'} ${object} ${transaction}: ${words}`,
      ),
    ...(violations.length > SHOWN ? [`  and ${violations.length - SHOWN} more`] : []),
    ...(violations.length > 0 ? [`  Again with: npm run test:history -- --seed ${seed}`] : []),
  ];
  return lines.join('\n');
}
