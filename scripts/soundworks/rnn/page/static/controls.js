// Sliders, one for each parameter, and the two selects of the pad's axes.
// Gives: Sliders, bindAxes.

class Sliders {
  // onmove(index, place in [0, 1]); onlearn(index)
  constructor(parent, scales, { onmove, onlearn }) {
    this.scales = scales;
    this.rows = scales.map((scale, index) => {
      const row = this.row(scale, index);
      row.input.addEventListener("input", () => onmove(index, row.input.valueAsNumber));
      row.learn.addEventListener("click", () => onlearn(index));
      parent.append(row.element);
      return row;
    });
  }

  row(scale, index) {
    const element = make("div", { class: "slider", title: scale.doc });
    const name = make("label", { class: "name", for: `slider-${index}` }, scale.label);
    const axis = make("span", { class: "of-pad", "aria-hidden": "true" });
    name.append(" ", axis);
    const value = make("output", { for: `slider-${index}` });
    const learn = make("button", { type: "button", class: "quiet", "aria-pressed": "false" }, "learn");
    learn.setAttribute("aria-label", `Teach a MIDI knob to turn ${scale.label}`);
    learn.hidden = true;
    const input = make("input", { type: "range", id: `slider-${index}`, min: 0, max: 1, step: 0.002 });
    element.append(name, value, learn, input);
    return { element, axis, value, learn, input };
  }

  show(index, norm) {
    const { input, value } = this.rows[index];
    const text = this.scales[index].text(norm);
    input.value = norm;
    input.setAttribute("aria-valuetext", text);
    value.textContent = text;
  }

  showAxes([across, up]) {
    this.rows.forEach(({ axis }, index) => {
      axis.textContent = (index === across ? "↔" : "") + (index === up ? "↕" : "");
    });
  }

  // Offer the teaching of knobs, with what each parameter's is called.
  showLearning(pupil, knobs) {
    this.rows.forEach(({ learn }, index) => {
      learn.hidden = false;
      learn.setAttribute("aria-pressed", String(index === pupil));
      learn.textContent = index === pupil ? "turn a knob" : knobs.get(index) ?? "learn";
    });
  }
}

// The selects of the axes; onchange([across, up]) with indices of parameters, or −1 for none.
function bindAxes(scales, onchange) {
  const axes = [scales.length > 0 ? 0 : -1, scales.length > 1 ? 1 : -1];
  const selects = [byId("axis-0"), byId("axis-1")];
  selects.forEach((select, i) => {
    scales.forEach(({ label }, index) => select.append(make("option", { value: index }, label)));
    select.append(make("option", { value: -1 }, "nothing"));
    select.value = axes[i];
    select.addEventListener("change", () => {
      const other = 1 - i;
      if (axes[other] === Number(select.value)) axes[other] = axes[i]; // they change places
      axes[i] = Number(select.value);
      selects[other].value = axes[other];
      onchange([...axes]);
    });
  });
  onchange([...axes]);
}
