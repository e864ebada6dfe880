/** A long answer with everything that language models write, as they write it. */

export const ANSWER = String.raw`# Choosing a numerical method

Great question! Let's look at **three common approaches** to solving *ordinary differential equations*, when each is useful, and what it costs. I'll assume Python 3.12 with ${"`numpy`"} and ${"`scipy`"} installed; see the [SciPy documentation](https://docs.scipy.org/doc/scipy/reference/integrate.html) for the details of every solver, and [this overview of stiff problems](https://en.wikipedia.org/wiki/Stiff_equation "Stiff equation") if the term is new to you.

## 1. Euler's method

The simplest method follows the tangent. Given $y' = f(t, y)$ with $y(t_0) = y_0$, one step of size $h$ is

$$
y_{n+1} = y_n + h f(t_n, y_n)
$$

It is **easy to write**, but its error grows like $O(h)$, so halving the error means *halving the step*.[^1] A budget of $5 or $10 of compute will not get you far with it.

${"```python"}
def euler(f, y0, t):
    y = [y0]
    for a, b in zip(t, t[1:]):
        y.append(y[-1] + (b - a) * f(a, y[-1]))
    return y  # a list, not an array
${"```"}

A few notes on the code above:

- ${"`zip(t, t[1:])`"} walks over *pairs* of neighbours; ${"`t[-1]`"} is the last time.
- The result has the same length as ${"`t`"}, **including** the initial value.
- Nothing is vectorised: for n = 10,000 points expect about 5 ms (on a laptop from 2020).
- [ ] Compare with the exact solution
- [x] Plot the result

## 2. Runge–Kutta methods

The classical method of order four evaluates the right-hand side **four times** per step. It is what most people mean by "RK4", and what \(k_1, \dots, k_4\) stand for in textbooks:

\[
y_{n+1} = y_n + \frac{h}{6}\left(k_1 + 2k_2 + 2k_3 + k_4\right)
\]

| Method | Order | Evaluations per step | Use it when |
|:-------|:-----:|---------------------:|-------------|
| Euler | 1 | 1 | you are *learning* |
| RK4 | 4 | 4 | the problem is **smooth** |
| ${"`RK45`"} | 5(4) | 6 | you need [error control](https://docs.scipy.org/doc/scipy/reference/generated/scipy.integrate.RK45.html) |
| ${"`BDF`"} | 1–5 | varies | the problem is ***stiff*** |

In practice you will rarely write one of these yourself. Use ${"`solve_ivp`"}, which picks the step size for you:

${"```python"}
from scipy.integrate import solve_ivp

solution = solve_ivp(lambda t, y: -0.5 * y, (0, 10), [2.0], rtol=1e-8)
print(solution.t[-1], solution.y[0, -1])  # 10.0 0.01347...
${"```"}

> **Note:** the default tolerances are loose (${"`rtol=1e-3`"}). If the curve looks "wobbly", tighten them *before* you blame the method.

## 3. Implicit methods

Some problems force explicit methods to take tiny steps although the solution barely changes. Chemistry is full of them: H<sub>2</sub>O formation, CO<sub>2</sub> equilibria and so on involve rates from 10<sup>-3</sup> to 10<sup>9</sup> per second. Then

1. switch to an implicit method such as ${"`Radau`"} or ${"`BDF`"};
2. provide the Jacobian, ideally as a sparse matrix [1];
3. check the number of function evaluations (${"`solution.nfev`"}).
   - below 1,000: fine;
   - above 100,000: something is wrong.
4. press <kbd>Ctrl</kbd>+<kbd>C</kbd> if it takes too long, and report it to [Your Name] or at https://github.com/scipy/scipy/issues with a minimal example.

### What about PyTorch?

There are good libraries for *differentiable* solvers as well, e.g. [torchdiffeq](https://github.com/rtqichen/torchdiffeq), [diffrax](https://docs.kidger.site/diffrax/) (for JAX), and [this list][awesome]. They are **not** drop-in replacements: array indexing such as a[0] or x[i, j] behaves differently, R&D costs rise, and the half-open interval [0, 1) matters for event detection. AT&T's old notes say 2 * 3 * 4 = 24 &mdash; and they are right.

![Error against step size](https://upload.wikimedia.org/wikipedia/commons/a/ae/error.png)

#### Summary

* Start with ${"`RK45`"}.
* If it is slow, try ${"`LSODA`"}; it switches between stiff and non-stiff methods __automatically__.
* If you need gradients, use one of the libraries above.[^2]
* ~~Write your own solver.~~ Only for fun!

Does that help? If you tell me more about **your equation** (its size, whether it is stiff, and how accurate the result has to be), I can suggest concrete settings. For example, a system of 3 equations with an accuracy of 1e-6 is solved in well under a second, while a reaction network with 2,000 species may take minutes; in that case a sparse Jacobian and a compiled right-hand side (with ${"`numba.njit`"}) matter much more than the choice between two methods of similar order.

---

[awesome]: https://github.com/example/awesome-ode

`;
