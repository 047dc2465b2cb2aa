import type { Command } from 'commander';
import type { AddFlags } from '../add.ts';

/** `janus add` */
export function defineAdd(program: Command): void {
  program
    .command('add')
    .summary('add one ResourceChange, or one for each document of a file, to a Transaction')
    .description(
      'Adds a change to an unsealed Transaction:\n\n' +
        '  janus add move-db --type Patch --target ConfigMap/settings -f patch.yaml\n' +
        '  janus add move-db --type Delete --target deploy/old --order 2\n\n' +
        'Without --target, every document of FILE becomes a change to the object that it describes: all of them are added, or none.',
    )
    .argument('<TXN>', 'name of the Transaction')
    .option('--type <TYPE>', 'Create, Update, Patch or Delete (required)')
    .option('--target <KIND/NAME>', 'the object to change; KIND may be a plural or short name, and have a group: deployments.apps/web')
    .option('--target-ns <NS>', "namespace of that object (default: the Transaction's)")
    .option('-f, --file <FILE>', 'content as YAML or JSON; - reads stdin')
    .option('--order <N>', 'changes run from the lowest order to the highest (default: 0)')
    .option('--name <NAME>', 'name of the ResourceChange (default: TXN-TYPE-NAME)')
    .action(async (transaction: string, _own: unknown, command: Command) => {
      const { add } = await import('../add.ts');
      await add(transaction, command.optsWithGlobals<AddFlags>());
    });
}
