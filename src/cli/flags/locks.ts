import type { Command } from 'commander';
import type { LocksFlags } from '../locks.ts';
import { addAllNamespacesFlag, addOutputFlag } from './shared.ts';

/** `janus locks` */
export function defineLocks(program: Command): void {
  const command = program
    .command('locks')
    .summary('show what is locked, by which Transaction, for whom, since when and how far that is')
    .description(
      'Lists the objects that carry a lock, with your own rights: kinds that you may not list are left out and named, and of Transactions that you may not read only the uid is shown.\n\n' +
        '  janus locks -n shop\n' +
        '  janus locks -A --void -o name\n\n' +
        'STATE is Held, or Void where the Transaction has ended (the label blocks nobody), or Orphaned where there is no such Transaction, or Unknown where you may not look.',
    )
    .option('--void', 'only labels that are Void or Orphaned')
    .action(async (_own: unknown, command: Command) => {
      const { locks } = await import('../locks.ts');
      await locks(command.optsWithGlobals<LocksFlags>());
    });
  addOutputFlag(addAllNamespacesFlag(command, 'in all namespaces, and objects that have none'));
}
