// Loaded before the page server, which would listen on all addresses: only the gate, in the same pod, may ask it.
const net = require("node:net");

const listen = net.Server.prototype.listen;

net.Server.prototype.listen = function (port, ...others) {
  return listen.call(this, port, "127.0.0.1", ...others);
};
