import { createLog } from './log.ts';
import type { OperatorOptions } from './options.ts';
import { startOperator } from './start.ts';

/**
 * Runs the operator until SIGTERM or SIGINT; one line on stdout when it is ready, one when it has stopped.
 * @throws Error for people when it cannot start
 */
export async function runOperator(options: OperatorOptions): Promise<void> {
  const stop = stopSignal();
  const log = await createLog(options.logLevel, options.logFormat);
  const running = await startOperator(options, { log, signal: stop.signal, env: process.env });
  process.stdout.write(`${running.words}\n`);
  const over = await Promise.race([stop.received, running.over]);
  log.info(over ?? 'stopping');
  process.stdout.write(`${await running.shutDown()}\n`);
}

function stopSignal(): { readonly signal: AbortSignal; readonly received: Promise<undefined> } {
  const controller = new AbortController();
  const received = new Promise<undefined>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.once(name, () => {
        controller.abort(new Error(`stopped by ${name}`));
        resolve(undefined);
      });
    }
  });
  return { signal: controller.signal, received };
}
