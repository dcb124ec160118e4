/**
 * Addresses of managers in libprelude's syntax (server-addr, prelude-connection-pool.c):
 *
 *   address := group { "||" group }    the next group is tried if one fails
 *   group   := host { "&&" host }      all of them get every message
 *   host    := name or IP address, with an optional ":port"
 *
 * `prelude-admin send` gets one host at a time: given several it reads the messages and drops them
 * where the first one is down (tried with 5.2.0).
 */
import { GatewayError } from '../errors.ts';

/** libprelude's */
const DEFAULT_PORT = 4690;

/** Alternatives, each a group of hosts that belong together; none is empty. */
export type Alternatives = readonly (readonly string[])[];

/** @throws GatewayError configuration if a host is missing */
export function parseAddress(address: string): Alternatives {
  const alternatives = address
    .split('||')
    .map((group) => group.split('&&').map((host) => host.trim()));
  if (alternatives.flat().some((host) => host === '' || /[\s|&]/.test(host)))
    throw new GatewayError(
      'configuration',
      `"${address}" is not an address of a manager; write host, host:port, "a || b" or "a && b"`,
    );
  return alternatives;
}

/** Host and port of libprelude's syntax; undefined for anything else, such as a Unix socket. */
export function splitHost(address: string): { host: string; port: number } | undefined {
  const match = /^(?:\[(?<ip>[^\]]+)\]|(?<name>[^:/]+))(?::(?<port>\d+))?$/.exec(address);
  if (match?.groups === undefined) return undefined;
  const { ip, name, port } = match.groups;
  return { host: ip ?? name ?? '', port: Number(port ?? DEFAULT_PORT) };
}
