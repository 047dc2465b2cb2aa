import type { Command } from 'commander';
import type { DoctorFlags } from '../doctor/doctor.ts';
import type { ExplainFlags } from '../terms/explain-term.ts';
import type { VersionFlags } from '../all-versions.ts';

/** `janus doctor`, `janus explain`, `janus completion`, `janus version` */
export function defineAbout(program: Command): void {
  program
    .command('doctor')
    .summary('find out what is wrong with this installation')
    .description(
      'Looks at this installation, with your own rights, and says of each part whether it is well, and what to do if it is not: API server, definitions, webhooks and their certificates, whether locks are enforced (by a dry run that must be refused), leader, versions, rights of Janus and yours. Changes nothing. Ends with 1 where something fails.\n\n  janus doctor\n  janus doctor -n shop -o json',
    )
    .option('--system-namespace <NS>', 'namespace of Janus itself (default: janus-system)')
    .option('-o, --output <FORMAT>', 'table, json or yaml (default: table)')
    .action(async (_own: unknown, command: Command) => {
      const { doctor } = await import('../doctor/doctor.ts');
      await doctor(command.optsWithGlobals<DoctorFlags>());
    });
  program
    .command('explain')
    .summary('say what a word of Janus means: a condition, reason, error, field or term')
    .description(
      'Says what a word means that Janus uses: conditions and their reasons, reasons of Events, errors, fields, phases, exit codes, and terms such as lock or fencing. Without TERM lists them all. Asks no cluster.\n\n  janus explain Stalled\n  janus explain transaction.spec.timeout\n  janus explain before-image',
    )
    .argument('[TERM...]', 'the word')
    .option('-o, --output <FORMAT>', 'table, json or yaml (default: table)')
    .action(async (words: readonly string[], _own: unknown, command: Command) => {
      const { explainTerm } = await import('../terms/explain-term.ts');
      explainTerm(words.join(' '), command.optsWithGlobals<ExplainFlags>());
    });
  program
    .command('completion')
    .summary('print a script that completes commands, flags and names of what there is')
    .description(
      'Prints a script for a shell that completes commands, flags, and live names: Transactions, namespaces, contexts.\n\n' +
        '  source <(janus completion bash)\n' +
        '  janus completion zsh > "${fpath[1]}/_janus"\n' +
        '  janus completion fish > ~/.config/fish/completions/janus.fish',
    )
    .argument('<SHELL>', 'bash, zsh or fish')
    .action(async (shell: string) => {
      const { completion } = await import('../completion/script.ts');
      completion(shell);
    });
  program
    .command('version')
    .summary('show the version of this command, of Janus in the cluster, and of the API server')
    .description(
      'Shows the version of this command and, unless --client is given, those of the replicas of Janus in the cluster and of the API server.\n\n  janus version\n  janus version --client -o json',
    )
    .option('--client', 'only of this command; asks no cluster')
    .option('--system-namespace <NS>', 'namespace of Janus itself (default: janus-system)')
    .option('-o, --output <FORMAT>', 'table, json or yaml (default: table)')
    .action(async (_own: unknown, command: Command) => {
      const { showVersion } = await import('../show-version.ts');
      await showVersion(command.optsWithGlobals<VersionFlags>());
    });
}
