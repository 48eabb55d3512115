// Turns a film: its dials choose one of the pictures that nnlib drew when the site was built.
function start(figure) {
  const { pictures, captions, badges, places, seconds } = JSON.parse(
    figure.querySelector("script").textContent,
  );
  const image = figure.querySelector("img");
  const caption = figure.querySelector("figcaption");
  const badge = figure.querySelector(".badge");
  const dials = Array.from(figure.querySelectorAll(".dial > input, .dial > select"));
  const time = dials.find((dial) => "time" in dial.dataset);
  const play = figure.querySelector("[data-do=Play]");
  let asked = 0;
  let clock = null;

  function place(dial) {
    if (dial.type === "checkbox") return Number(dial.checked);
    return dial.type === "range" ? Number(dial.value) : dial.selectedIndex;
  }

  // The next picture takes the old one's place only once it is there: no blank frame.
  async function show() {
    const turn = ++asked;
    const frame = dials.reduce((before, dial, i) => before * places[i].length + place(dial), 0);
    dials.forEach((dial, i) => {
      if (dial.type !== "range") return;
      const said = places[i][place(dial)];
      dial.setAttribute("aria-valuetext", said);
      dial.nextElementSibling.textContent = said;
    });
    const next = new Image();
    next.src = pictures[frame];
    await next.decode().catch(() => undefined);
    if (turn !== asked) return;
    image.src = pictures[frame];
    image.alt = captions[frame];
    caption.textContent = captions[frame];
    badge.textContent = badges[frame];
  }

  function pause() {
    clearInterval(clock);
    clock = null;
    play.textContent = "Play";
  }

  function go(moment) {
    time.value = moment;
    show();
  }

  const last = () => place(time) === Number(time.max);
  const actions = {
    Play() {
      if (clock) return pause();
      if (last()) go(0);
      play.textContent = "Pause";
      clock = setInterval(
        () => {
          go(place(time) + 1);
          if (last()) pause();
        },
        Math.max(1000 * seconds, 400),
      );
    },
    Step() {
      pause();
      go(place(time) + 1);
    },
    Reset() {
      pause();
      go(0);
    },
  };

  for (const dial of dials) {
    dial.addEventListener("input", () => {
      if (play) pause();
      show();
    });
  }
  for (const button of figure.querySelectorAll("[data-do]")) {
    button.addEventListener("click", actions[button.dataset.do]);
  }
  // What a reader is about to move is fetched beforehand.
  const fetched = () => pictures.forEach((address) => (new Image().src = address));
  figure.addEventListener("pointerenter", fetched, { once: true });
  figure.addEventListener("focusin", fetched, { once: true });
  figure.querySelector(".dials").hidden = false;
  show();
}

document.querySelectorAll("figure.film").forEach(start);
