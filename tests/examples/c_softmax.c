/* softmax over rows, and its VJP: x̄_i = y_i (v_i − Σ_j y_j v_j). */
#include <math.h>
#include <stddef.h>

void softmax(const double *x, double *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, x += n, y += n) {
        double top = -INFINITY, total = 0;
        for (size_t j = 0; j < n; j++)
            if (x[j] > top || isnan(x[j]))
                top = x[j];
        for (size_t j = 0; j < n; j++)
            total += y[j] = exp(x[j] - top);
        for (size_t j = 0; j < n; j++)
            y[j] /= total;
    }
}

void softmax_vjp(const double *y, const double *v, double *out, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, y += n, v += n, out += n) {
        double inner = 0;
        for (size_t j = 0; j < n; j++)
            inner += y[j] * v[j];
        for (size_t j = 0; j < n; j++)
            out[j] = y[j] * (v[j] - inner);
    }
}

/* Wrong: the diagonal of the Jacobian alone. */
void softmax_vjp_diagonal(const double *y, const double *v, double *out, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows * n; i++)
        out[i] = y[i] * (1 - y[i]) * v[i];
}
