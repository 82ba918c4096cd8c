/* test_activation.c -- the arithmetic of hls/fixed.h over its whole range. */
#include "fixed.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_tanh_is_within_one_lsb_of_q14(void **state)
{
    (void)state;
    double worst = 0;
    for (int v = INT16_MIN; v <= INT16_MAX; v++) {
        const double error = tanh_q12((int16_t)v, 0, 0) / 32768.0 - tanh(v / 4096.0);
        worst = fmax(worst, fabs(error));
    }
    assert_true(worst * 16384 <= 1.0);
}

static void test_tanh_is_odd_and_monotonic(void **state)
{
    (void)state;
    for (int v = INT16_MIN; v < INT16_MAX; v++) {
        assert_true(tanh_q12((int16_t)v, 0, 0) <= tanh_q12((int16_t)(v + 1), 0, 0));
        if (v > INT16_MIN)
            assert_int_equal(tanh_q12((int16_t)-v, 0, 0), -tanh_q12((int16_t)v, 0, 0));
    }
    assert_int_equal(tanh_q12(0, 0, 0), 0);
}

static void test_tanh_rounds_to_fewer_bits(void **state)
{
    (void)state;
    for (int shift = 1; shift < 8; shift++)
        for (int v = INT16_MIN; v <= INT16_MAX; v++) {
            const double rounded = round(fabs((double)tanh_q12((int16_t)v, 0, 0)) / (1 << shift));
            assert_int_equal(tanh_q12((int16_t)v, shift, 0), v < 0 ? -rounded : rounded);
        }
}

static void test_tanh_in_two_iterations_is_the_same(void **state)
{
    (void)state;
    for (int v = INT16_MIN; v <= INT16_MAX; v++) {
        uint16_t before = 0;
        tanh_magnitude_of_two((int16_t)v, 0, false, &before);
        assert_int_equal(tanh_magnitude_of_two((int16_t)v, 0, true, &before),
                         tanh_magnitude((int16_t)v, 0));
    }
}

static int16_t sigmoid(int v)
{
    return activate((int16_t)v, ACTIVATION_SIGMOID, 0, 0);
}

static void test_sigmoid_is_within_one_lsb_of_q14(void **state)
{
    (void)state;
    double worst = 0;
    for (int v = INT16_MIN; v <= INT16_MAX; v++)
        worst = fmax(worst, fabs(sigmoid(v) / 32768.0 - 1 / (1 + exp(-v / 2048.0))));
    assert_true(worst * 16384 <= 1.0);
}

static void test_sigmoid_is_symmetric_and_monotonic(void **state)
{
    (void)state;
    for (int v = INT16_MIN; v < INT16_MAX; v++) {
        assert_true(sigmoid(v) <= sigmoid(v + 1));
        if (v >
            INT16_MIN) /* s(-v) = 1 - s(v), to the rounding of halves, and to the largest number */
            assert_in_range(sigmoid(-v) + sigmoid(v), 32767, 32769);
    }
    assert_int_equal(sigmoid(0), 16384);
}

static void test_activations_without_a_curve(void **state)
{
    (void)state;
    for (int v = INT16_MIN; v <= INT16_MAX; v++) {
        assert_int_equal(activate((int16_t)v, ACTIVATION_NONE, 0, 0), v);
        assert_int_equal(activate((int16_t)v, ACTIVATION_RELU, 0, 0), v > 0 ? v : 0);
        assert_int_equal(activate((int16_t)v, ACTIVATION_TANH, 3, 0), tanh_q12((int16_t)v, 3, 0));
    }
}

static void test_saturation_keeps_the_ends(void **state)
{
    (void)state;
    assert_int_equal(saturate16(INT64_C(32767)), 32767);
    assert_int_equal(saturate16(INT64_C(32768)), 32767);
    assert_int_equal(saturate16(INT64_C(-32768)), -32768);
    assert_int_equal(saturate16(INT64_C(-32769)), -32768);
    assert_int_equal(saturate16(INT64_C(-5)), -5);
}

static void test_shift_rounds_to_nearest_halves_up(void **state)
{
    (void)state;
    for (int shift = 0; shift < 31; shift++) {
        const double unit = ldexp(1, shift + 1);
        for (int64_t v = -2000; v <= 2000; v++) {
            const int64_t value = v * (INT64_C(1) << (shift / 2)) + shift;
            assert_int_equal(round_shift(value, shift), (int64_t)floor((double)value / unit + 0.5));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tanh_is_within_one_lsb_of_q14),
        cmocka_unit_test(test_tanh_is_odd_and_monotonic),
        cmocka_unit_test(test_tanh_rounds_to_fewer_bits),
        cmocka_unit_test(test_tanh_in_two_iterations_is_the_same),
        cmocka_unit_test(test_sigmoid_is_within_one_lsb_of_q14),
        cmocka_unit_test(test_sigmoid_is_symmetric_and_monotonic),
        cmocka_unit_test(test_activations_without_a_curve),
        cmocka_unit_test(test_saturation_keeps_the_ends),
        cmocka_unit_test(test_shift_rounds_to_nearest_halves_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
