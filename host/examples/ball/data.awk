# data.awk -- films of a ball on a table of 2 x 1, seen from above: x, y and whether it hit a cushion since the frame before. It
# rolls off straight, slowed by friction, and leaves a cushion at the angle at which it came, with a part of its speed. The
# position is seen with a little noise. Variables: films, frames, seed.
BEGIN {
  friction = 0.985
  cushion = 0.9
  noise = 0.003
  for (film = 0; film < films; film++) {
    x = 2 * uniform()
    y = uniform()
    angle = 6.283185307179586 * uniform()
    speed = 0.06 + 0.1 * uniform()
    vx = speed * cos(angle)
    vy = speed * sin(angle)
    for (frame = 0; frame < frames; frame++) {
      printf "%.4f,%.4f,%d\n", x + noise * normal(), y + noise * normal(), hit
      hit = 0
      vx *= friction
      vy *= friction
      x += vx
      y += vy
      if (x < 0 || x > 2) {
        x = x < 0 ? -x * cushion : 2 - (x - 2) * cushion
        vx *= -cushion
        hit = 1
      }
      if (y < 0 || y > 1) {
        y = y < 0 ? -y * cushion : 1 - (y - 1) * cushion
        vy *= -cushion
        hit = 1
      }
    }
    hit = 0
  }
}
