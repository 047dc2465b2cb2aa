import type { Command } from 'commander';
import type { ApplyFlags } from '../apply.ts';
import { addDryRunFlag } from './shared.ts';
import { addSourceFlags } from './sources.ts';
import { addSpecFlags } from './transaction.ts';

/** `janus apply` */
export function defineApply(program: Command): void {
  const command = program
    .command('apply')
    .summary('apply manifests as one transaction: all of it takes effect, or none stays')
    .description(
      'Applies a set of manifests as one transaction: what is not there is created, what differs patched, what is the same left alone. Shows what the server says that it comes to, asks, makes and seals the Transaction, and shows its progress to its end. The name of the Transaction goes to stdout, everything else to stderr.\n\n' +
        '  janus apply -f shop/ -R --as-sa deployer\n' +
        '  janus apply -k overlays/prod --as-sa deployer --yes\n' +
        '  TXN=$(janus apply -f shop/ --as-sa deployer --yes --prune-from "$TXN")\n\n' +
        'Ctrl-C asks whether to leave the transaction running or to roll it back; a second one leaves it. Ends with 0 where all of it is in effect or nothing differs, 3 where it was rolled back, 4 where a lock of another Transaction was in the way for too long.',
    )
    .option('--as-sa <SA>', 'ServiceAccount of the namespace that the changes are made as (default: default)')
    .option('--name <NAME>', 'name of the Transaction')
    .option('-g, --generate-name <PREFIX>', 'in place of --name: the server completes this to a name of its own (default: apply-)')
    .option('--prune-from <TXN>', 'delete what this earlier Transaction applied and the manifests no longer have')
    .option('-y, --yes', 'do not ask; needed where there is no terminal')
    .option('--wait', 'show the progress until the end (the default)')
    .option('--no-wait', 'end once the Transaction is sealed')
    .action(async (_own: unknown, self: Command) => {
      const { apply } = await import('../apply.ts');
      await apply(self.optsWithGlobals<ApplyFlags>());
    });
  addDryRunFlag(addSpecFlags(addSourceFlags(command)));
}
