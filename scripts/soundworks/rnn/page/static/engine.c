/* The recurrent network in WebAssembly with SIMD: the same codes, bit for bit, as soundworks.rnn.stream.

   One rounding after each operation, and every sum in the order of its terms: the lanes of a vector are outputs, which
   do not mix, so the width of a vector changes nothing. Compiled without contraction into fused operations.
   What each array holds is told by weights.py, which lays them out. */

#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) name
#define N_CODES 256
#define SILENCE 128
#define BLOCK 32 /* outputs whose sums are kept in registers; weights.py: BLOCK */
#define MOST 4096 /* samples in one call of read */
#define PAGE 65536

typedef float f4 __attribute__((vector_size(16)));
typedef int32_t i4 __attribute__((vector_size(16)));

typedef struct {
  uint64_t seed, position; /* position: samples drawn since the start */
  int32_t code, unused;    /* code: of the sample before */
} Head;                    /* the state of each layer follows */

extern unsigned char __heap_base;
static int n_layers, hidden, n_parameters, n_inputs;
static Head *head;
static float *state, *weights, *parameters, *inner, *from_input, *from_state;
static float logits[N_CODES] __attribute__((aligned(16)));
static float shares[N_CODES] __attribute__((aligned(16))); /* exp of the logits, then what is left of it */
static uint64_t heap[N_CODES];
static uint8_t codes[MOST];

static inline f4 all(float value) { return (f4){value, value, value, value}; }
static inline f4 load(const float *from) { return *(const f4 *)from; }
static inline void store(float *to, f4 value) { *(f4 *)to = value; }
static inline f4 least(f4 a, f4 b) { return (f4)wasm_f32x4_pmin((v128_t)b, (v128_t)a); }
static inline f4 most(f4 a, f4 b) { return (f4)wasm_f32x4_pmax((v128_t)b, (v128_t)a); }

/* Cephes' expf: within 2 units in the last place on [-87, 88], to which arguments are cut. */
static inline f4 exp32(f4 v) {
  v = least(most(v, all(-87.0f)), all(88.0f));
  f4 k = (f4)wasm_f32x4_nearest((v128_t)(v * 1.44269504f));
  f4 f = v - k * 0.693359375f;
  f = f - k * -2.12194440e-4f;
  f4 p = all(1.9875691500e-4f);
  p = p * f + 1.3981999507e-3f;
  p = p * f + 8.3334519073e-3f;
  p = p * f + 4.1665795894e-2f;
  p = p * f + 1.6666665459e-1f;
  p = p * f + 5.0000001201e-1f;
  f4 y = p * (f * f) + f + 1.0f;
  i4 exponent = (i4)wasm_i32x4_trunc_sat_f32x4((v128_t)k) + 127;
  return y * (f4)(exponent << 23);
}

static inline f4 sigm(f4 v) { return 1.0f / (1.0f + exp32(-v)); }
static inline f4 tanh32(f4 v) { return 1.0f - 2.0f / (1.0f + exp32(2.0f * v)); }

/* Add weights · x to n vectors of outputs; `stride` floats lie between the weights of one input and of the next. */
static inline __attribute__((always_inline)) void sum(
    float *out, const float *w, int stride, const float *x, int n_in, const int n) {
  f4 total[8];
  for (int v = 0; v < n; v++) total[v] = load(out + 4 * v);
  for (int j = 0; j < n_in; j++, w += stride) {
    f4 value = all(x[j]);
    for (int v = 0; v < n; v++) total[v] += load(w + 4 * v) * value;
  }
  for (int v = 0; v < n; v++) store(out + 4 * v, total[v]);
}

/* out = bias + weights · x, in blocks of outputs; the arrays follow each other from `from`. Returns what is after. */
static const float *linear(float *out, const float *from, int n_out, const float *x, int n_in) {
  for (int i = 0; i < n_out; i += 4) store(out + i, load(from + i));
  from += n_out;
  int i = 0;
  for (; i + BLOCK <= n_out; i += BLOCK, from += BLOCK * n_in) sum(out + i, from, BLOCK, x, n_in, BLOCK / 4);
  int rest = n_out - i;
  const float *w = from;
  for (; i + 16 <= n_out; i += 16, w += 16) sum(out + i, w, rest, x, n_in, 4);
  for (; i < n_out; i += 4, w += 4) sum(out + i, w, rest, x, n_in, 1);
  return from + rest * n_in;
}

static void add_scaled(float *out, const float *w, float scale) {
  for (int i = 0; i < hidden; i += 4) store(out + i, load(out + i) + load(w + i) * scale);
}

/* The first layer: parameters, then the sample before, as one number or as one of 256 inputs. */
static const float *first(const float *from) {
  for (int i = 0; i < hidden; i += 4) store(inner + i, load(from + i));
  from += hidden;
  for (int p = 0; p < n_parameters; p++, from += hidden) add_scaled(inner, from, parameters[p]);
  if (n_inputs == 1) add_scaled(inner, from, (float)(head->code - SILENCE) / SILENCE);
  else add_scaled(inner, from + hidden * head->code, 1.0f);
  for (int i = 0; i < hidden; i += 4) store(inner + i, most(load(inner + i), all(0.0f)));
  return from + hidden * n_inputs;
}

static const float *layer(const float *from, float *h) {
  from = linear(from_input, from, 3 * hidden, inner, hidden);
  from = linear(from_state, from, 3 * hidden, h, hidden);
  const float *a = from_input, *b = from_state;
  for (int i = 0; i < hidden; i += 4, a += 4, b += 4) {
    f4 r = sigm(load(a) + load(b));
    f4 z = sigm(load(a + hidden) + load(b + hidden));
    f4 n = tanh32(load(a + 2 * hidden) + r * load(b + 2 * hidden));
    f4 after = n + z * (load(h + i) - n);
    store(h + i, after);
    store(inner + i, after);
  }
  return from;
}

static void step(void) {
  const float *from = first(weights);
  for (int k = 0; k < n_layers; k++) from = layer(from, state + k * hidden);
  linear(logits, from, N_CODES, inner, hidden);
}

/* Splitmix64 (Steele, Lea, Flood 2014), its first 24 bits, in [0, 1). */
static float uniform(uint64_t seed, uint64_t t) {
  uint64_t z = seed + (t + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  return (float)(int32_t)(z >> 40) * 0x1p-24f;
}

static int highest(void) {
  int best = 0;
  for (int i = 1; i < N_CODES; i++) best = logits[i] > logits[best] ? i : best;
  return best;
}

static void sink(int at, int size) {
  uint64_t item = heap[at];
  for (int child = 2 * at + 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && heap[child + 1] > heap[child]) child++;
    if (heap[child] <= item) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = item;
}

/* Set all shares to 0 but the largest, as many as it takes to make `least_share` of the whole; of equal ones, the lower
   codes first. Shares are above 0, where the order of floats is that of their bits. */
static void cut(float least_share) {
  float total = 0.0f, kept = 0.0f;
  for (int i = 0; i < N_CODES; i++) {
    total += shares[i];
    union { float number; uint32_t bits; } share = {shares[i]};
    heap[i] = (uint64_t)share.bits << 8 | (uint64_t)(N_CODES - 1 - i);
    shares[i] = 0.0f;
  }
  for (int i = N_CODES / 2 - 1; i >= 0; i--) sink(i, N_CODES);
  float enough = least_share * total;
  for (int size = N_CODES; size > 0; sink(0, size)) {
    union { uint32_t bits; float number; } share = {(uint32_t)(heap[0] >> 8)};
    shares[N_CODES - 1 - (int)(heap[0] & 0xFF)] = share.number;
    kept += share.number;
    if (kept >= enough) break;
    heap[0] = heap[--size];
  }
}

static int draw(float by_temperature, float top_p) {
  f4 highest_of = load(logits);
  for (int i = 4; i < N_CODES; i += 4) highest_of = most(highest_of, load(logits + i));
  float best = highest_of[0];
  for (int lane = 1; lane < 4; lane++) best = highest_of[lane] > best ? highest_of[lane] : best;
  for (int i = 0; i < N_CODES; i += 4) store(shares + i, exp32((load(logits + i) - best) * by_temperature));
  if (top_p < 1.0f) cut(top_p);
  float total = 0.0f;
  for (int i = 0; i < N_CODES; i++) total += shares[i];
  float mark = uniform(head->seed, head->position) * total, below = 0.0f;
  int last = 0;
  for (int i = 0; i < N_CODES; i++) {
    below += shares[i];
    if (below > mark) return i;
    if (shares[i] > 0.0f) last = i;
  }
  return last;
}

/* Return whether there is memory up to `end`. */
static int have(const void *end) {
  uint32_t missing = (uint32_t)end - __builtin_wasm_memory_size(0) * PAGE;
  if ((uint32_t)end <= __builtin_wasm_memory_size(0) * PAGE) return 1;
  return __builtin_wasm_memory_grow(0, (missing + PAGE - 1) / PAGE) != (uint32_t)-1;
}

/* Make room for a network. Returns where its weights go, or 0 if there is no memory for them. */
float *EXPORT(make_room)(int layers, int units, int parameter_count, int sample_inputs, int n_weights) {
  n_layers = layers, hidden = units, n_parameters = parameter_count, n_inputs = sample_inputs;
  head = (Head *)(((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15);
  state = (float *)(head + 1) + 2; /* 32 bytes after, on a vector's border */
  parameters = state + layers * units;
  inner = parameters + (parameter_count + 3) / 4 * 4;
  from_input = inner + units;
  from_state = from_input + 3 * units;
  weights = from_state + 3 * units;
  return have(weights + n_weights) ? weights : 0;
}

/* Begin anew: silence before the first sample. */
void EXPORT(begin)(uint64_t seed) {
  *head = (Head){seed, 0, SILENCE, 0};
  for (int i = 0; i < n_layers * hidden; i++) state[i] = 0.0f;
}

/* Draw n samples, at most MOST, into codes_at(); greedily where by_temperature, its inverse, is 0. */
void EXPORT(read)(int n, float by_temperature, float top_p) {
  for (int t = 0; t < n; t++) {
    step();
    head->code = by_temperature > 0.0f ? draw(by_temperature, top_p) : highest();
    head->position++;
    codes[t] = (uint8_t)head->code;
  }
}

uint8_t *EXPORT(codes_at)(void) { return codes; }
float *EXPORT(parameters_at)(void) { return parameters; }
float *EXPORT(logits_at)(void) { return logits; }
Head *EXPORT(state_at)(void) { return head; }
int EXPORT(state_size)(void) { return (int)((char *)(state + n_layers * hidden) - (char *)head); }
