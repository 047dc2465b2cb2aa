import type { Command } from 'commander';
import type { DeleteFlags } from '../transactions/delete.ts';
import type { RollbackFlags } from '../transactions/rollback.ts';
import { addDryRunFlag, addTimeoutFlag } from './shared.ts';

/** `janus rollback`, `janus abort`, `janus delete` */
export function defineEnd(program: Command): void {
  const rollback = program
    .command('rollback')
    .summary('take a Committed Transaction back')
    .description(
      'Has a Committed Transaction rolled back: values and field ownership, as long as its record is kept. What others have changed since is left as it is, and named. With --wait ends with 0 once it is RolledBack, and with 1 where something is left.\n\n  janus rollback move-db -n shop --wait',
    )
    .argument('<TXN>', 'name of the Transaction')
    .option('--wait', 'wait for its end')
    .action(async (name: string, _own: unknown, command: Command) => {
      const { rollback } = await import('../transactions/rollback.ts');
      await rollback(name, command.optsWithGlobals<RollbackFlags>());
    });
  addDryRunFlag(addTimeoutFlag(rollback));
  const abort = program
    .command('abort')
    .summary('end a Transaction before its end: what it has done is undone')
    .description(
      'Ends a Transaction before its end. One that is not sealed is deleted, with its changes: it has changed nothing. One that runs stops, and what it has done is undone; should it commit at that very moment, it is rolled back all the same. It stays for people to read.\n\n  janus abort move-db -n shop --wait',
    )
    .argument('<TXN>', 'name of the Transaction')
    .option('--wait', 'wait for its end')
    .action(async (name: string, _own: unknown, command: Command) => {
      const { abort } = await import('../transactions/abort.ts');
      await abort(name, command.optsWithGlobals<RollbackFlags>());
    });
  addDryRunFlag(addTimeoutFlag(abort));
  const remove = program
    .command('delete')
    .summary('delete a Transaction: what is under way is rolled back first')
    .description(
      'Deletes a Transaction for good. One that is under way is rolled back first, and what a Committed one changed stays, and can no longer be rolled back. Then its locks and its record go, and last the finalizer that keeps it from being deleted by accident. A Failed one with changes left to undo is not deleted.\n\n  janus delete move-db -n shop\n  janus delete move-db --dry-run',
    )
    .argument('<TXN>', 'name of the Transaction')
    .action(async (name: string, _own: unknown, command: Command) => {
      const { deleteTransaction } = await import('../transactions/delete.ts');
      await deleteTransaction(name, command.optsWithGlobals<DeleteFlags>());
    });
  addDryRunFlag(addTimeoutFlag(remove));
}
