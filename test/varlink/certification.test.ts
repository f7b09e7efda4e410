import { describe, expect, test } from 'vitest';
import { VarlinkClient } from '../../src/varlink/index.ts';
import { certify } from '../support/certification/client.ts';
import { certificationService } from '../support/certification/service.ts';
import { startServer } from './raw-peer.ts';

async function connect(): Promise<VarlinkClient> {
  const { address } = await startServer([certificationService()]);
  return VarlinkClient.connect(address);
}

const prefix = 'org.varlink.certification';

describe('the certification exchange', () => {
  test('goes well between our client and our service', async () => {
    const client = await connect();
    expect(await certify(client)).toBe(true);
    client.close();
  });

  test('goes well for several clients at a time', async () => {
    const { address } = await startServer([certificationService()]);
    const clients = await Promise.all(Array.from({ length: 5 }, () => VarlinkClient.connect(address)));
    expect(await Promise.all(clients.map(certify))).toEqual([true, true, true, true, true]);
    for (const client of clients) client.close();
  });

  test('refuses a client that it does not know, and a method out of turn', async () => {
    const client = await connect();
    const unknown = { error: `${prefix}.ClientIdError`, parameters: {} };
    await expect(client.call(`${prefix}.Test01`, { client_id: 'x' })).rejects.toMatchObject(unknown);
    const { client_id } = await client.call(`${prefix}.Start`);
    await expect(client.call(`${prefix}.Test02`, { client_id, bool: true })).rejects.toMatchObject(unknown);
    await expect(client.call(`${prefix}.End`, { client_id })).rejects.toMatchObject(unknown);
    expect(await client.call(`${prefix}.Test01`, { client_id })).toEqual({ bool: true });
    await expect(client.call(`${prefix}.Test01`, { client_id })).rejects.toMatchObject(unknown);
    client.close();
  });

  test('refuses a value that is not the one it gave', async () => {
    const client = await connect();
    const { client_id } = await client.call(`${prefix}.Start`);
    await client.call(`${prefix}.Test01`, { client_id });
    await expect(client.call(`${prefix}.Test02`, { client_id, bool: false })).rejects.toMatchObject({
      error: `${prefix}.CertificationError`,
      parameters: { wants: { bool: true }, got: { bool: false } },
    });
    client.close();
  });

  test('says at the end that not all was well, when a oneway call was wrong', async () => {
    const client = await connect();
    const good = client.oneway.bind(client);
    client.oneway = (method, parameters) => {
      good(method, { ...parameters, last_more_replies: [] });
      good(method, parameters);
    };
    expect(await certify(client)).toBe(false);
    client.close();
  });
});
