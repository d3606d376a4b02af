/*
 * The median of whole numbers.
 *
 * stdin   1 to 1,000 whole numbers below 2^64, in decimal, separated by white space
 * stdout  32 bytes: the median, a big-endian uint256; the lower one of two
 *
 * Anything else ends with exit code 2 and a reason on stderr.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 32768, NUMBERS_MAX = 1000, WORD_BYTES = 32, EXIT_BAD_INPUT = 2 };

/* Not printf: it would make the module several times as large. */
static void fail(const char *reason) {
    write(STDERR_FILENO, reason, strlen(reason));
    exit(EXIT_BAD_INPUT);
}

/* Reads standard input to its end. */
static size_t read_input(char *buffer) {
    size_t length = 0;
    while (length < INPUT_BYTES_MAX) {
        ssize_t count = read(STDIN_FILENO, buffer + length, INPUT_BYTES_MAX - length);
        if (count <= 0) break;
        length += (size_t)count;
    }
    return length;
}

static int is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static size_t parse_numbers(const char *input, size_t length, uint64_t *numbers) {
    size_t count = 0;
    for (size_t at = 0; at < length;) {
        if (is_space(input[at])) {
            at++;
            continue;
        }
        uint64_t number = 0;
        for (; at < length && !is_space(input[at]); at++) {
            uint64_t digit = (uint64_t)(unsigned char)input[at] - '0';
            if (digit > 9) fail("not a whole number\n");
            if (number > (UINT64_MAX - digit) / 10) fail("a number of 2^64 or more\n");
            number = number * 10 + digit;
        }
        if (count == NUMBERS_MAX) fail("more than 1000 numbers\n");
        numbers[count++] = number;
    }
    if (count == 0) fail("no numbers\n");
    return count;
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int main(void) {
    static char input[INPUT_BYTES_MAX];
    static uint64_t numbers[NUMBERS_MAX];
    size_t count = parse_numbers(input, read_input(input), numbers);
    qsort(numbers, count, sizeof numbers[0], ascending);
    uint64_t median = numbers[(count - 1) / 2];
    unsigned char word[WORD_BYTES] = {0};
    for (int i = 0; i < 8; i++) word[WORD_BYTES - 1 - i] = (unsigned char)(median >> (8 * i));
    return write(STDOUT_FILENO, word, sizeof word) == (ssize_t)sizeof word ? 0 : 1;
}
