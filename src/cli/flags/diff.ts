import type { Command } from 'commander';
import type { DiffFlags } from '../diff.ts';
import { addSourceFlags } from './sources.ts';

/** `janus diff` */
export function defineDiff(program: Command): void {
  const command = program
    .command('diff')
    .summary('show what applying manifests, or a Transaction, would change, as the server computes it')
    .description(
      'Shows field by field what would change, by a dry run on the server that writes nothing, and what the change would meet: locks of Transactions, and other field managers that set these fields. Contents of Secrets are never shown, only that they differ.\n\n' +
        '  janus diff -f shop/ -R\n' +
        '  janus diff -f web.yaml --exit-code\n' +
        '  janus diff move-db\n\n' +
        'Of a Transaction its changes are compared with what is there now, as its ServiceAccount. With --exit-code it ends with 0 where nothing differs, 1 where something does, and more where that could not be found out.',
    )
    .argument('[TXN]', 'name of a Transaction, in place of -f or -k')
    .option('--as-sa <SA>', 'ServiceAccount of the namespace to compute it as (default: you)')
    .option('--exit-code', 'end with 1 where something differs, as diff does')
    .action(async (name: string | undefined, _own: unknown, self: Command) => {
      const { diff } = await import('../diff.ts');
      await diff(name, self.optsWithGlobals<DiffFlags>());
    });
  addSourceFlags(command);
}
