# random.awk -- repeatable numbers, the same with every awk: the generator of Park and Miller (CACM 31, 1988).
function uniform() { # in (0, 1)
  if (!random_state)
    random_state = seed ? seed : 1
  random_state = (random_state * 48271) % 2147483647
  return random_state / 2147483647
}
function below(n) { # 0 to n - 1
  return int(uniform() * n)
}
function normal() { # Box and Muller, mean 0, deviation 1
  return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform())
}
