import { listen, parseAddress, VarlinkClient, VarlinkServer } from '../../../src/varlink/index.ts';
import { certify } from './client.ts';
import { certificationService } from './service.ts';

/** The program behind `npm run certification`: a client of org.varlink.certification, or with --serve the service. */
async function main(args: readonly string[]): Promise<void> {
  const addresses = args.filter((arg) => arg !== '--serve');
  const [address] = addresses;
  if (address === undefined || addresses.length > 1) {
    console.error('usage: certification [--serve] ADDRESS, for example unix:/run/org.varlink.certification');
    process.exitCode = 2;
  } else if (args.includes('--serve')) {
    await serve(address);
  } else {
    await certifyAt(address);
  }
}

async function serve(address: string): Promise<void> {
  const server = new VarlinkServer({
    vendor: 'mymachines',
    product: 'certification',
    version: '1',
    url: 'https://varlink.org',
  });
  server.add(certificationService());
  server.serve(await listen(parseAddress(address)));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
  console.log(`serving org.varlink.certification at ${address}`);
}

async function certifyAt(address: string): Promise<void> {
  const client = await VarlinkClient.connect(address);
  const good = await certify(client);
  client.close();
  console.log(good ? 'certified' : 'not certified: the service says that not all was well');
  process.exitCode = good ? 0 : 1;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`not certified: ${error}`);
  process.exitCode = 1;
});
