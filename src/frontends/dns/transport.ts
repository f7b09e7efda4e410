/** How a query came, and so how its response goes. */
export type Transport = 'udp' | 'tcp';
