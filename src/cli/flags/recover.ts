import type { Command } from 'commander';
import type { RecoverApplyFlags } from '../recover-apply.ts';
import type { RecoverPlanFlags } from '../recover-plan.ts';

/** `janus recover plan` and `janus recover apply` */
export function defineRecover(program: Command): void {
  const recover = program
    .command('recover')
    .summary('finish the rollback of a Failed Transaction')
    .description('Finishes the rollback of a Failed Transaction: "plan" shows what is left to undo, "apply" undoes it.');
  recover
    .command('plan')
    .summary('show what is left to undo')
    .description(
      'Shows what a rollback has undone and what is left. Changes nothing. Exits with 1 while something is left. Where the Transaction is gone, it is told by the record, which takes the right to list Secrets of the namespace of Janus.\n\n  janus recover plan move-db -n shop',
    )
    .argument('<TXN>', 'name of the Transaction')
    .option('--system-namespace <NS>', 'namespace of Janus itself (default: janus-system)')
    .action(async (transaction: string, _own: unknown, command: Command) => {
      const { recoverPlan } = await import('../recover-plan.ts');
      await recoverPlan(transaction, command.optsWithGlobals<RecoverPlanFlags>());
    });
  recover
    .command('apply')
    .summary('have it undone')
    .description(
      'Has the executor undo what is left, waits for it, and says what became of each change. Exits with 1 if something is left.\n\n  janus recover apply move-db -n shop',
    )
    .argument('<TXN>', 'name of the Transaction')
    .option('--force', 'undo even what somebody has changed since, and lose their change')
    .option('--wait <DURATION>', 'how long to wait for the executor (default: 5m)')
    .action(async (transaction: string, _own: unknown, command: Command) => {
      const { recoverApply } = await import('../recover-apply.ts');
      await recoverApply(transaction, command.optsWithGlobals<RecoverApplyFlags>());
    });
}
