import { description, type Methods } from '../../frontends/resolve-hook/io.systemd.Resolve.Hook.ts';
import { addressText, parseAddress } from '../../machine/address-text.ts';
import { reverseName } from '../../resolver/reverse-name.ts';
import { VarlinkError } from '../../varlink/index.ts';
import { jsonMode, outputOptions } from '../arguments.ts';
import type { Command } from '../command.ts';
import { connect, explain, TIMEOUT } from '../connection.ts';
import { NotFoundError } from '../failures.ts';
import { printJson, printTable } from '../output.ts';

/** `mymachines resolve NAME|ADDRESS`: io.systemd.Resolve.Hook.ResolveRecord, as systemd-resolved asks it. */
export const resolve: Command = {
  synopsis: 'NAME|ADDRESS',
  summary: 'Shows the addresses of a host name, or the names of an address, as systemd-resolved is told.',
  options: outputOptions,
  operands: [1, 1],
  async run({ operands, values }, context) {
    const [asked = ''] = operands;
    const mode = jsonMode(values);
    const address = parseAddress(asked);
    const name = address === undefined ? asked : reverseName(address);
    const question = (address === undefined ? [A, AAAA] : [PTR]).map((type) => ({ key: { type, name } }));
    const { client } = await connect(values, context, 'hookSocket');
    const reply = await client
      .use(description)
      .call('ResolveRecord', { question }, { timeout: TIMEOUT })
      .catch((error) => {
        // What is no name at all is nobody's either.
        if (error instanceof VarlinkError && error.error === 'org.varlink.service.InvalidParameter') return {};
        throw explain(error, asked);
      })
      .finally(() => client.close());
    const found = readReply(reply, asked, address);
    if (found === undefined) throw new NotFoundError(`No machine is known by '${asked}'.`);
    if (mode === 'off') {
      const heading = values['no-legend'] === true ? undefined : ['NAME', 'ADDRESS'];
      printTable(context.output, heading, [[found.names, found.addresses]]);
    } else printJson(context.output, found, mode);
    return 0;
  },
};

const A = 1;
const PTR = 12;
const AAAA = 28;

/** What belongs together: of a name all addresses, of an address all names. */
interface Found {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

function readReply(
  { rcode, answer }: Methods['ResolveRecord']['reply'],
  asked: string,
  address: Uint8Array | undefined,
): Found | undefined {
  if (rcode !== 0) return undefined;
  const records = (answer ?? []).flatMap(({ rr }) => rr ?? []);
  if (address !== undefined) {
    return { names: records.flatMap(({ name }) => name ?? []), addresses: [addressText(address)] };
  }
  const addresses = records.flatMap((record) => (record.address ? addressText(Uint8Array.from(record.address)) : []));
  return { names: [records[0]?.key.name ?? asked], addresses };
}
