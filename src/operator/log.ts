import { pino, type Logger } from 'pino';
import type { LogFormat, LogLevel } from './options.ts';

export type Log = Logger;

/** JSON lines on stderr, or readable ones for a person. Never given a token, a Secret or an object's content. */
export async function createLog(level: LogLevel, format: LogFormat): Promise<Log> {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, errorKey: 'error' };
  if (format === 'json') return pino(options, pino.destination({ dest: 2, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ destination: 2, sync: true, colorize: process.stderr.isTTY && (process.env['NO_COLOR'] ?? '') === '' }));
}
