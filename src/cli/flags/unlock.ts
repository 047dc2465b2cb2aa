import type { Command } from 'commander';
import type { UnlockFlags } from '../unlock.ts';
import { addAllNamespacesFlag, addDryRunFlag } from './shared.ts';

/** `janus unlock` */
export function defineUnlock(program: Command): void {
  const command = program
    .command('unlock')
    .summary('take labels off that are void, or break locks that hold')
    .description(
      'Takes the lock off an object, off everything that a Transaction has locked, or off everything whose lock is void:\n\n' +
        '  janus unlock ConfigMap/settings -n shop\n' +
        '  janus unlock move-db --force\n' +
        '  janus unlock --void -A\n\n' +
        'You write the objects yourself, with your own rights. A void label anybody may take off. A lock that holds is broken with --force only, and takes the verb unlock on transactions.tx.janus.io in the namespace of the Transaction. That ends the Transaction: it is rolled back, apart from the object whose lock was broken. Exits with 4 where a lock was in the way, with 1 if something is still locked for another reason.',
    )
    .argument('[OBJECT|TXN]', 'KIND/NAME of an object, or name of a Transaction')
    .option('--force', 'break locks that hold')
    .option('--void', 'in place of OBJECT or TXN: everything whose lock is void')
    .action(async (what: string | undefined, _own: unknown, command: Command) => {
      const { unlock } = await import('../unlock.ts');
      await unlock(what, command.optsWithGlobals<UnlockFlags>());
    });
  addDryRunFlag(addAllNamespacesFlag(command, 'with --void: in all namespaces, and objects that have none'));
}
