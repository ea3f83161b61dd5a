import { ask } from "./command.mjs";
import { changedOf, makeHostLink } from "./host-link.mjs";
import { aloneWithLinks } from "./links-lock.mjs";

const lookEveryMs = 2_000;

const words = {
  rules: "The rules that keep guests from this host were missing or altered, and are written again",
  link: "The link to the external network, or what this host forwards, was altered: it is made again",
};

/**
 * Makes the link to the external network and keeps it so while the cloud runs, whatever others do to this host's rules and
 * links (`nft flush ruleset`, forwarding switched on or off). Where the rules can't be written there is no link.
 * `rulesLost` is told each time that the rules did not hold.
 */
export async function keepHostLink(place, wish, { say, rulesLost }) {
  let made = await makeHostLink(place, wish);
  let fault = null;
  let timer = null;
  let looking = null;
  let over = false;

  async function mend() {
    try {
      made = await aloneWithLinks(() => makeHostLink(place, wish));
      fault = null;
    } catch (error) {
      await ask("ip", ["link", "set", place.link, "down"]);
      if (fault !== error.message)
        say(`The link to the external network is down, for it could not be mended: ${error.message}`);
      fault = error.message;
    }
  }

  async function look() {
    const changed = await changedOf(place, wish, made).catch(() => "link");
    if (changed === null || over) return;
    if (fault === null) {
      say(`${words[changed]} (table inet ${place.table}, link ${place.link}).`);
      if (changed === "rules") rulesLost();
    }
    await mend();
  }

  const arm = () => {
    timer = setTimeout(() => {
      looking = look().finally(() => over || arm());
    }, lookEveryMs);
  };
  arm();
  return {
    /** Nothing is mended any more once it returns. */
    stop: async () => {
      over = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
